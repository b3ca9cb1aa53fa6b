import type { Sha256 } from "../plan/hash.ts";
import type { Problem } from "../problem.ts";
import { type ChainedEvent, eventHash, NO_HASH } from "./chain.ts";
import type { StreamHead } from "./finding.ts";

/** An event with the hashes it was stored under. */
export interface SealedEvent extends ChainedEvent {
  readonly previous: string;
  readonly hash: string;
}

/**
 * What is wrong with one stream's chain, each place once; empty when it is whole. `events` in the order the journal gives them.
 * Against a `head`, a cut tail and a rewritten past show too; without one (null) they cannot.
 * Codes: `BATON-AUDIT-EDITED`, `-REMOVED`, `-REORDERED`, `-BROKEN`, `-FOREIGN`, `-CUT`, `-REWRITTEN`.
 */
export function verifyStream(
  events: readonly SealedEvent[],
  head: StreamHead | null,
  sha256: Sha256,
): readonly Problem[] {
  const stream = head?.stream ?? events[0]?.stream ?? "";
  const problems: Problem[] = [];
  let seq = 0;
  let hash = NO_HASH;
  for (const event of events) {
    if (event.stream !== stream) {
      problems.push(
        found("FOREIGN", stream, event.seq, `holds event ${event.seq} of stream ${event.stream}`),
      );
      continue;
    }
    const problem = checkLink(event, seq, hash) ?? checkContent(event, sha256);
    if (problem !== null) problems.push(problem);
    seq = event.seq;
    hash = event.hash;
  }
  const ending = head === null ? null : checkHead(events, head);
  return ending === null ? problems : [...problems, ending];
}

function checkLink(event: SealedEvent, seq: number, hash: string): Problem | null {
  const { stream } = event;
  if (event.seq <= seq)
    return found("REORDERED", stream, event.seq, `holds event ${event.seq} behind event ${seq}`);
  if (event.seq > seq + 1) {
    const last = event.seq - 1;
    const which = last === seq + 1 ? `event ${last}` : `events ${seq + 1} to ${last}`;
    return found("REMOVED", stream, seq + 1, `lacks ${which}`);
  }
  if (event.previous !== hash)
    return found(
      "BROKEN",
      stream,
      event.seq,
      `breaks at event ${event.seq}: it was not written behind event ${seq}`,
    );
  return null;
}

function checkContent(event: SealedEvent, sha256: Sha256): Problem | null {
  if (eventHash(event.previous, event, sha256) === event.hash) return null;
  return found("EDITED", event.stream, event.seq, `was changed at event ${event.seq} (${event.type})`);
}

function checkHead(events: readonly SealedEvent[], head: StreamHead): Problem | null {
  const last = events.reduce((most, event) => Math.max(most, event.seq), 0);
  if (last < head.seq)
    return found("CUT", head.stream, last + 1, `ends at event ${last}, but had ${head.seq} events`);
  const at = events.find((event) => event.seq === head.seq);
  if (head.seq === 0 || at === undefined || at.hash === head.hash) return null;
  return found("REWRITTEN", head.stream, head.seq, `is another one than the known head at event ${head.seq}`);
}

const found = (what: string, stream: string, seq: number, how: string): Problem => ({
  code: `BATON-AUDIT-${what}`,
  message: `Stream ${stream} ${how}.`,
  remedy:
    "Compare the journal with a backup and with heads kept outside it, and find out who could write to it.",
  details: { stream, seq },
});
