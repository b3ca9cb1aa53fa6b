import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { credentialsPath, keepCredential } from "../remote/credentials.ts";
import { serverAddress } from "../remote/server-address.ts";
import { signIn } from "../remote/sign-in.ts";
import { renderMoment } from "../render/moment.ts";
import { stopSignals } from "../session/stop-signals.ts";

/** `baton login URL`: signs this command line in to a server, by a browser. */
export async function login(output: Output, typed: string): Promise<ExitCode> {
  const server = serverAddress(typed);
  if (!server.ok) return output.problems(server.problems);
  const stop = stopSignals(() => undefined);
  try {
    const show = (address: string): void =>
      output.lines("Open this address in a browser, and say yes there (Ctrl-C leaves):", "", address, "");
    const signed = await signIn({ server: server.value, signal: stop.signal, show });
    if (!signed.ok) return output.problems(signed.problems);
    const kept = await keepCredential(server.value, signed.value);
    if (!kept.ok) return output.problems(kept.problems);
    const { person, expiresAt } = signed.value;
    output.lines(
      `✓ Signed in at ${server.value} as ${person.name} (${person.via}) until ${renderMoment(expiresAt)}.`,
      `Kept in ${credentialsPath()}; \`baton logout ${server.value}\` ends it.`,
    );
    output.result({ server: server.value, person, expiresAt });
    return ExitCode.done;
  } finally {
    stop.dispose();
  }
}
