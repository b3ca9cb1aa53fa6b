import { isIntact, type Verification } from "@baton/conductor";
import { verifySession, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderNumber } from "../render/number.ts";
import { renderProblems } from "../render/problems.ts";
import { withSession } from "../session/with-session.ts";

/** Says what was found: each problem with its place, then what nobody can say, then what holds. */
export function tellVerification(verified: Verification, output: Output): ExitCode {
  const { events, streams, statements, signedTo, unsigned, records, problems, found, unknown } = verified;
  const intact = isIntact(verified);
  const behind = unsigned === 0 ? "" : `, ${renderNumber(unsigned)} positions behind it`;
  const style = { color: output.color, width: output.width };
  if (problems.length > 0) output.lines(...renderProblems(problems, style));
  if (found > problems.length) output.lines(`… and ${renderNumber(found - problems.length)} more.`);
  for (const { code, message, remedy } of unknown) output.lines(`◌ ${code}  ${message}`, `  ${remedy}`);
  if (events === 0 && found === 0)
    output.lines("◌ No events yet: there is nothing to verify. Start a run with `npx baton run R2`.");
  else if (found === 0)
    output.lines(
      `${intact === true ? "✓" : "◌"} ${renderNumber(events)} events in ${streams} streams: every hash fits the one before it.`,
      `  ${renderNumber(statements)} statements; signed to position ${renderNumber(signedTo)}${behind}; ${renderNumber(records)} plans and snapshots compared.`,
    );
  else output.lines(`✗ ${renderNumber(found)} findings in ${renderNumber(events)} events.`);
  output.result({ intact, ...verified });
  return intact === true || (events === 0 && found === 0) ? ExitCode.done : ExitCode.failed;
}

/** `baton audit verify`: all of the journal against its hashes, its signatures and its anchor. Unknown is not "intact". */
export const auditVerify = (
  where: Where,
  output: Output,
  options: { readonly key: readonly string[] },
): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const verified = await verifySession(session, options.key);
    return verified.ok ? tellVerification(verified.value, output) : output.problems(verified.problems);
  });
