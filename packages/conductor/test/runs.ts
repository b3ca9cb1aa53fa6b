import type { Actor, Journal, Performer, Plan, RunEvent, StoredEvent } from "@baton/core";
import { createMemoryJournal, createPostgresJournal } from "@baton/journal";
import { on15, testDatabase } from "@baton/testkit/postgres";
import { afterAll } from "vitest";
import { approve, type DriveEnd, type DriveOptions, drive, fromStored, openRun } from "../src/index.ts";
import { noPorts } from "./world.ts";

export const ana: Actor = { kind: "person", name: "ana", via: "test" };

/** A journal of one test's own: in memory, and where the tests run on PostgreSQL 15, in a database there. */
export const memoryJournal = (): Journal => (on15() ? journalOn15() : createMemoryJournal({ now: Date.now }));

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Opened with the first call, so that tests get it as they get the one in memory: at once. */
function journalOn15(): Journal {
  const opened = (async () => {
    const database = await testDatabase("run");
    return { database, journal: value(await createPostgresJournal({ url: database.url, poolSize: 2 })) };
  })();
  closing.push(async () => {
    const { database, journal } = await opened;
    await journal.close();
    await database.drop();
  });
  const { audit, ...sample } = createMemoryJournal({ now: Date.now });
  return {
    ...late(sample, async () => (await opened).journal),
    audit: late(audit, async () => (await opened).journal.audit),
  };
}

/** The methods of an object that is still being made; each call waits for it. */
function late<Shape extends object>(sample: Shape, made: () => Promise<Shape>): Shape {
  const methods = Object.keys(sample).map((name) => [
    name,
    async (...args: unknown[]) => {
      const object: object = await made();
      return Reflect.apply(Reflect.get(object, name), object, args);
    },
  ]);
  return Object.fromEntries(methods) as Shape;
}

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
