import type { Actor, Journal, Performer, Plan, RunEvent, StoredEvent } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { approve, type DriveEnd, type DriveOptions, drive, fromStored, openRun } from "../src/index.ts";
import { noPorts } from "./world.ts";

export const ana: Actor = { kind: "person", name: "ana", via: "test" };

export const memoryJournal = (): Journal => createMemoryJournal({ now: Date.now });

/** The value of a result that a test takes for granted. */
export function value<T>(
  result: { ok: true; value: T } | { ok: false; problems: readonly { code: string; message: string }[] },
): T {
  if (result.ok) return result.value;
  throw new Error(result.problems.map((problem) => `${problem.code} ${problem.message}`).join("; "));
}

/** Codes of what was refused; empty where it was not. */
export const codes = (
  result: { ok: true } | { ok: false; problems: readonly { code: string }[] },
): readonly string[] => (result.ok ? [] : result.problems.map((problem) => problem.code));

/** Opens a run of a plan and approves it. */
export async function openApproved(journal: Journal, plan: Plan): Promise<string> {
  const run = value(await openRun({ journal, plan, by: ana }));
  value(await approve({ journal, run, planHash: plan.hash, by: ana }));
  return run;
}

export const every = (...performers: readonly Performer[]): ReadonlyMap<string, Performer> =>
  new Map(performers.map((performer) => [performer.kind, performer]));

type Driven = Partial<DriveOptions> & Pick<DriveOptions, "journal" | "run" | "performers">;

/** Drives with what tests have in common. */
export const driveRun = (options: Driven): ReturnType<typeof drive> =>
  drive({ ports: noPorts, owner: "test", ...options });

export const driveToEnd = async (options: Driven): Promise<DriveEnd> => value(await driveRun(options));

/** A run's events in the journal's order. */
export async function eventsOf(journal: Journal, run: string): Promise<readonly RunEvent[]> {
  const stored: readonly StoredEvent[] = value(await journal.read(`run/${run}`));
  return stored.map((event) => value(fromStored(event)).event);
}

/** Resolves when the condition holds; looks whenever the journal of the run has grown, and at a bounded pace. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 50_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
