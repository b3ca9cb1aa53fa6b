import { createHash } from "node:crypto";
import {
  canonicalJson,
  type Journal,
  type Json,
  ok,
  type Problem,
  type Result,
  type RootedEvent,
  verifyRoots,
  verifyStream,
} from "@baton/core";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderNumber } from "../render/number.ts";
import type { Where } from "../session/options.ts";
import { withSession } from "../session/with-session.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What a check of the journal's chains found. */
export interface Verification {
  readonly streams: number;
  readonly events: number;
  readonly problems: readonly Problem[];
}

/** Only ends of fan-outs are looked into; a long journal is not kept in memory for it. */
const dataOfEnds = (type: string, data: Json): Json => (type === "step.ended" ? data : null);

/** Checks the chain of every stream at or below `prefix` ("" is all) against the heads the journal keeps, and the roots of fan-outs. */
export async function verifyJournal(journal: Journal, prefix: string): Promise<Result<Verification>> {
  const heads = await journal.heads(prefix);
  if (!heads.ok) return heads;
  const problems: Problem[] = [];
  const all: RootedEvent[] = [];
  for (const head of heads.value) {
    const read = await journal.read(head.stream);
    if (!read.ok) return read;
    const own = read.value
      .filter((event) => event.stream === head.stream)
      .map((event) => ({ ...event, text: canonicalJson(event.data) }));
    all.push(
      ...own.map(({ stream, seq, type, hash, data }) => ({
        stream,
        seq,
        type,
        hash,
        data: dataOfEnds(type, data),
      })),
    );
    problems.push(...verifyStream(own, head, sha256));
  }
  problems.push(...verifyRoots(all, sha256));
  return ok({ streams: heads.value.length, events: all.length, problems });
}

/** `baton audit verify`: every chain of the journal, event by event. No events is not "intact": it says so. */
export const auditVerify = (where: Where, output: Output): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const verified = await verifyJournal(session.journal, "");
    if (!verified.ok) return output.problems(verified.problems);
    const { streams, events, problems } = verified.value;
    if (problems.length > 0) return output.problems(problems);
    output.lines(
      events === 0
        ? "◌ No events yet: there is nothing to verify. Start a run with `npx baton run R2`."
        : `✓ ${renderNumber(events)} events in ${streams} streams: every hash fits the one before it.`,
    );
    output.result({ intact: events === 0 ? null : true, events, streams });
    return ExitCode.done;
  });
