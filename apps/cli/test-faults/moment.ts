import type { RunLog } from "./run-log.ts";

/**
 * A logical moment of a run: the n-th time that a step's effect was journaled as intended (it begins) or done (others may be
 * under way). It says the same on a fast machine and on a slow one, which a time on the wall does not.
 */
export interface Moment {
  readonly step: string;
  readonly event: "effect.intended" | "effect.done";
  readonly direction: "do" | "undo";
  readonly nth: number;
}

/** The moment in words, as in `effect.done no. 3 of pilot.drain`. */
export const momentWords = ({ step, event, direction, nth }: Moment): string =>
  `${event} no. ${nth} of ${step}${direction === "undo" ? ", on the way back" : ""}`;

/** Whether the moment has come. */
export function hasCome(log: RunLog, moment: Moment): boolean {
  let times = 0;
  for (const { event } of log.events) {
    if (event.type !== moment.event || event.step !== moment.step) continue;
    if (log.directionOf(event) === moment.direction && ++times >= moment.nth) return true;
  }
  return false;
}
