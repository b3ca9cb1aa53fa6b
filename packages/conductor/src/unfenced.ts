import { type Journal, ok, type Performer, type PlanStep, type Problem, type Result } from "@baton/core";
import { type Clock, pause } from "./clock.ts";
import { fromStored } from "./event-codec.ts";
import { streams } from "./streams.ts";

/** How long one try of an unfenced effect may be at work where its performer does not say, milliseconds. */
const DEADLINE_MS = 60_000;

/** How long one try of this step may be at work; null where something else keeps a late one from the target. */
export const deadlineOf = (step: PlanStep, performer: Performer, input: unknown): number | null =>
  step.effect === "unfenced" ? (performer.deadlineMs?.(input) ?? DEADLINE_MS) : null;

export interface UnfencedOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly run: string;
  /** The clock's time when this conductor took the lease: whoever drove before began nothing after that. */
  readonly takenAt: number;
}

/** Keeps a successor from an effect that its predecessor may still have at work and that no target refuses. */
export interface Unfenced {
  /** This conductor has intended the effect itself: what it has begun it knows. */
  intendedHere(step: string, unit: string): void;
  /** Resolves when nothing of a predecessor can be at work on this unit any more, or when the signal aborts. */
  waitOut(step: string, unit: string, signal: AbortSignal): Promise<Result<void>>;
}

/**
 * For unfenced effects: the predecessor's lease was over when this one was taken, so its last try began before that, and each
 * try is aborted at the deadline its intent carries. A successor that lets so much time go by since it took the lease meets
 * nothing at work. A predecessor that was stopped in the very middle of an effect is the one thing time cannot exclude.
 */
export function createUnfenced({ journal, clock, run, takenAt }: UnfencedOptions): Unfenced {
  const here = new Set<string>();
  const nameOf = (step: string, unit: string) => `${step}/${unit}`;
  return {
    intendedHere: (step, unit) => void here.add(nameOf(step, unit)),
    async waitOut(step, unit, signal) {
      if (here.has(nameOf(step, unit))) return ok(undefined);
      const deadline = await journaledDeadline(journal, run, step, unit);
      if (!deadline.ok) return deadline;
      await pause(clock, takenAt + deadline.value - clock.elapsed(), signal);
      return ok(undefined);
    },
  };
}

const PAGE = 1_000;

/** The longest deadline that an intent of this unit carries, milliseconds; 0 where it has none. */
async function journaledDeadline(
  journal: Journal,
  run: string,
  step: string,
  unit: string,
): Promise<Result<number>> {
  let longest = 0;
  for (let position = 0; ; ) {
    const page = await journal.read(streams.run(run), position, PAGE);
    if (!page.ok) return page;
    for (const stored of page.value) {
      position = stored.position;
      if (stored.type !== "effect.intended") continue;
      const recorded = fromStored(stored);
      if (!recorded.ok) return recorded;
      const { event } = recorded.value;
      if (event.type !== "effect.intended" || event.step !== step || event.unit !== unit) continue;
      longest = Math.max(longest, event.deadlineMs ?? DEADLINE_MS);
    }
    if (page.value.length === 0) return ok(longest);
  }
}

/** The try was at work longer than its intent allows. */
export const pastDeadline = (named: string, deadlineMs: number): Problem => ({
  code: "BATON-ACTION-DEADLINE",
  message: `${named} was not done within its ${deadlineMs / 1000} s and was stopped; what it left is not known.`,
  remedy:
    "It is tried again by itself. Where it comes again, look at what it waits for with `baton explain`.",
});
