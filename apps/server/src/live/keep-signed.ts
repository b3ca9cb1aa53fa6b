import { type Clock, type Notary, systemClock } from "@baton/conductor";
import type { Follower } from "./follower.ts";

/** What nobody else signs (roles, tokens, runs that are opened) waits for so long, and shares a statement. */
const SOON_MS = 2_000;
/** Events of a run are signed by whoever drives it, within a minute. What is older than that nobody drives. */
const BEHIND_MS = 65_000;

/**
 * Has the journal signed while no conductor does: what people are granted and say through the server is not left unsigned until the
 * next run. What is there already is signed at once. Gives what ends it, with a last signature.
 */
export function keepSigned(
  follower: Pick<Follower, "on">,
  notary: Pick<Notary, "begin" | "end">,
  clock: Pick<Clock, "after"> = systemClock(),
): () => Promise<void> {
  const waiting = new Map<number, () => void>();
  const signWithin = (ms: number): void => {
    if (waiting.has(ms)) return;
    const cancel = clock.after(ms, () => {
      waiting.delete(ms);
      notary.begin();
    });
    waiting.set(ms, cancel);
  };
  const leave = follower.on({
    events: (batch) => {
      for (const { stream } of batch) signWithin(stream.startsWith("run/") ? BEHIND_MS : SOON_MS);
    },
  });
  notary.begin();
  return async () => {
    leave();
    for (const cancel of waiting.values()) cancel();
    await notary.end();
  };
}
