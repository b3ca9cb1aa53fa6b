import { fileURLToPath } from "node:url";
import { findRuns, fromStored, streams } from "@baton/conductor";
import { ProblemError, type Result, type RunEvent, type StoredEvent } from "@baton/core";
import {
  loadDefinition,
  openSession,
  type Session,
  startWorkload,
  type Workload,
  where,
} from "@baton/session";
import pg from "pg";
import { type BatonProcess, baton, batonJson, freshState, until } from "./baton-process.ts";
import { type ProcessWatch, watchProcesses } from "./processes.ts";

const PLATFORM = fileURLToPath(new URL("../../../platform", import.meta.url));

/** An event of a run with the stream it stands in and the epoch it was written under. */
export interface JournaledEvent {
  readonly stored: StoredEvent;
  readonly event: RunEvent;
}

/** The value of a result; a problem ends the test. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

const STEADY_PAUSE_MS = 200;
const STEADY_BOUND_MS = 60_000;

/** The value of a result, asked for again for up to a minute while a server on the way to it is away, as when a test kills one. */
export async function steady<T>(ask: () => Promise<Result<T>>): Promise<T> {
  const end = performance.now() + STEADY_BOUND_MS;
  for (;;) {
    const result = await ask();
    const away = !result.ok && result.problems.every(({ code }) => /-UNREACHABLE$|-UNREADABLE$/.test(code));
    if (!away || performance.now() > end) return must(result);
    await new Promise((resolve) => setTimeout(resolve, STEADY_PAUSE_MS));
  }
}

/** A look from outside at the platform that runs on a state folder. Close it before the platform goes down. */
export async function lookAt(stateDir: string, platformDir = PLATFORM): Promise<Session> {
  const at = where({ platform: platformDir, state: stateDir });
  return must(await openSession(at, must(await loadDefinition(at.platformDir))));
}

/** D.Coder at R1 with its users at work, brought up by `baton up` on a state folder of its own. */
export interface LivePlatform {
  readonly dir: string;
  readonly session: Session;
  readonly workload: Workload;
  readonly processes: ProcessWatch;
  /** Starts `baton ARGS` on it. */
  start(...args: readonly string[]): BatonProcess;
  /** Runs `baton ARGS --json` on it to its end. */
  json(...args: readonly string[]): ReturnType<typeof batonJson>;
  /** Takes everything down and removes the folder; gives what was left running. */
  end(): Promise<readonly string[]>;
}

/** Brings one up, from the checkout's own files or a copy of them. The users write from here on until its end. */
export async function livePlatform(platformDir = PLATFORM): Promise<LivePlatform> {
  const { dir, cleanup } = await freshState();
  const processes = watchProcesses(dir);
  const here = (args: readonly string[]) => [...args, "--platform", platformDir];
  const up = baton(dir, here(["up"]));
  const code = await up.ended;
  if (code !== 0) {
    await cleanup();
    throw new Error(`baton up ended with ${code}\n${up.stdout()}\n${up.stderr()}`);
  }
  const session = await lookAt(dir, platformDir);
  const workload = must(await startWorkload(session, AbortSignal.timeout(120_000)));
  if (workload === null) throw new Error("the platform has no workload");
  return {
    dir,
    session,
    workload,
    processes,
    start: (...args) => baton(dir, here(args)),
    json: (...args) => batonJson(dir, here(args)),
    async end() {
      await processes.look();
      await session.close();
      await cleanup();
      return processes.leftBehind();
    },
  };
}

/** The run of this environment that has not ended, as soon as there is one. */
export const openRunOf = ({ session }: LivePlatform): Promise<string> =>
  until("a run is open", async () => {
    const runs = must(await findRuns(session.journal, session.definition.platform.environment));
    return runs.find((run) => run.ended === null)?.run;
  });

/** All events of a run so far, in order. */
export const eventsOf = async ({ session }: Pick<LivePlatform, "session">, run: string) =>
  must(await session.journal.read(streams.run(run))).map(
    (stored): JournaledEvent => ({ stored, event: must(fromStored(stored)).event }),
  );

/** Resolves as soon as the run's journal holds such an event. */
export async function journaled(
  { session }: Pick<LivePlatform, "session">,
  run: string,
  what: (event: RunEvent) => boolean,
  boundMs = 600_000,
): Promise<void> {
  const end = performance.now() + boundMs;
  for (let position = 0; performance.now() < end; ) {
    const page = must(await session.journal.read(streams.run(run), position));
    if (page.some((stored) => what(must(fromStored(stored)).event))) return;
    position = page.at(-1)?.position ?? position;
    await session.journal.changed(streams.run(run), position, 1_000);
  }
  throw new Error(`not journaled within ${boundMs} ms: ${what}`);
}

/** Asks each tenant's database the same; one number a tenant. */
export async function perTenant({ session }: LivePlatform, sql: string): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (const { id } of must(await session.ports.tenants.list())) {
    const client = new pg.Client({ connectionString: must(await session.ports.tenants.connection(id)) });
    await client.connect();
    try {
      const { rows } = await client.query<{ n: number }>(sql);
      answers[id] = rows[0]?.n ?? Number.NaN;
    } finally {
      await client.end();
    }
  }
  return answers;
}

/** The same number for each tenant, to compare with what `perTenant` gave. */
export const each = (answers: Readonly<Record<string, number>>, n: number): Record<string, number> =>
  Object.fromEntries(Object.keys(answers).map((tenant) => [tenant, n]));
