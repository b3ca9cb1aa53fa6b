import { isIntact, ok, renderNumber, type Verification } from "@baton/core";
import { verifySession, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderProblems } from "../render/problems.ts";
import { judgeTail, type TailVerdict } from "../session/unsigned-tail.ts";
import { withSession } from "../session/with-session.ts";

/**
 * Says what was found: each problem with its place, then what nobody can say, then what holds. A tail that was judged is told
 * with its verdict; accepted, the command has done what it was asked, and the journal is called intact no more than before.
 */
export function tellVerification(
  verified: Verification,
  output: Output,
  tail: TailVerdict | null = null,
): ExitCode {
  const { events, streams, statements, signedTo, unsigned, records, problems, found, unknown } = verified;
  const intact = isIntact(verified);
  const behind = unsigned === 0 ? "" : `, ${renderNumber(unsigned)} positions behind it`;
  const style = { color: output.color, width: output.width };
  if (problems.length > 0) output.lines(...renderProblems(problems, style));
  if (found > problems.length) output.lines(`… and ${renderNumber(found - problems.length)} more.`);
  for (const { code, message, remedy } of unknown) output.lines(`◌ ${code}  ${message}`, `  ${remedy}`);
  if (tail !== null)
    output.lines(
      `${tail.accepted ? "✓ Intact so far; the unsigned events are accepted" : "✗ The unsigned events are not accepted"}: ${tail.why}.`,
    );
  if (events === 0 && found === 0)
    output.lines("◌ No events yet: there is nothing to verify. Start a run with `npx baton run R2`.");
  else if (found === 0)
    output.lines(
      `${intact === true ? "✓" : "◌"} ${renderNumber(events)} events in ${streams} streams: every hash fits the one before it.`,
      `  ${renderNumber(statements)} statements; signed to position ${renderNumber(signedTo)}${behind}; ${renderNumber(records)} plans and snapshots compared.`,
    );
  else output.lines(`✗ ${renderNumber(found)} findings in ${renderNumber(events)} events.`);
  output.result({ intact, ...verified, ...(tail === null ? {} : { tail }) });
  const well = intact === true || (events === 0 && found === 0) || tail?.accepted === true;
  return well ? ExitCode.done : ExitCode.failed;
}

/** What `baton audit verify` was asked for. */
interface VerifyOptions {
  readonly key: readonly string[];
  /** How old the first unsigned event may be while a run is driven, in seconds; not at all when not given. */
  readonly allowUnsigned?: number;
}

/** `baton audit verify`: all of the journal against its hashes, its signatures and its anchor. Unknown is not "intact". */
export const auditVerify = (where: Where, output: Output, options: VerifyOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const verified = await verifySession(session, options.key);
    if (!verified.ok) return output.problems(verified.problems);
    const { journal, definition } = session;
    const { environment } = definition.platform;
    const tail =
      options.allowUnsigned === undefined
        ? ok(null)
        : await judgeTail(verified.value, options.allowUnsigned, { journal, environment });
    return tail.ok ? tellVerification(verified.value, output, tail.value) : output.problems(tail.problems);
  });
