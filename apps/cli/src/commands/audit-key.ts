import { signerOf, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";

/** `baton audit key`: the public half of the key that signs the journal here, for whoever checks elsewhere. */
export async function auditKey(where: Where, output: Output): Promise<ExitCode> {
  const signer = await signerOf(where);
  if (!signer.ok) return output.problems(signer.problems);
  const { key, publicKey } = signer.value;
  output.lines(publicKey.trim());
  output.result({ key, publicKey });
  return ExitCode.done;
}
