import { createReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { createInterface } from "node:readline";
import { readAnchorFile } from "@baton/adapters";
import { verifyExport } from "@baton/conductor";
import type { Problem } from "@baton/core";
import { verifierOf, type Where } from "@baton/session";
import type { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { tellVerification } from "./audit-verify.ts";

interface VerifyFileOptions {
  readonly file: string;
  readonly key: readonly string[];
  /** The anchor's file, where one is at hand. */
  readonly anchor?: string;
}

/** `baton audit verify --file`: an export, checked from the file alone. */
export async function auditVerifyFile(
  where: Where,
  output: Output,
  { file, key, anchor: anchorFile }: VerifyFileOptions,
): Promise<ExitCode> {
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!readable) return output.problems([noFile(file)]);
  const verifier = await verifierOf(where, key);
  if (!verifier.ok) return output.problems(verifier.problems);
  const anchor = anchorFile === undefined ? null : await readAnchorFile(anchorFile);
  if (anchor?.ok === false) return output.problems(anchor.problems);
  const lines = createInterface({
    input: createReadStream(file, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  const verified = await verifyExport({ lines, anchor: anchor?.value ?? null, ...verifier.value });
  return verified.ok ? tellVerification(verified.value, output) : output.problems(verified.problems);
}

/** A file named on the command line that is not there. */
export const noFile = (file: string): Problem => ({
  code: "BATON-AUDIT-FILE",
  message: `The file ${file} cannot be read.`,
  remedy: "Name one that is there and that you may read.",
  where: { file },
});
