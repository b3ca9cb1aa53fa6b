import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { keepCredential, readCredentials } from "../remote/credentials.ts";
import { serverAddress } from "../remote/server-address.ts";
import { signOut } from "../remote/sign-in.ts";

/** `baton logout [URL]`: ends the sign-in at one server, or at all of them. */
export async function logout(output: Output, typed: string | undefined): Promise<ExitCode> {
  const named = typed === undefined ? null : serverAddress(typed);
  if (named?.ok === false) return output.problems(named.problems);
  const kept = await readCredentials();
  if (!kept.ok) return output.problems(kept.problems);
  const servers = named === null ? Object.keys(kept.value) : [named.value];
  const ended: { readonly server: string; readonly atServer: boolean }[] = [];
  for (const server of servers) {
    const credential = kept.value[server];
    if (credential === undefined) continue;
    const atServer = await signOut(server, credential);
    const forgotten = await keepCredential(server, null);
    if (!forgotten.ok) return output.problems(forgotten.problems);
    ended.push({ server, atServer });
    output.lines(
      atServer
        ? `✓ Signed out at ${server}.`
        : `✓ Forgotten here. ${server} did not answer: there the sign-in ends by itself.`,
    );
  }
  if (ended.length === 0) output.lines("Nobody was signed in there from here.");
  output.result({ ended });
  return ExitCode.done;
}
