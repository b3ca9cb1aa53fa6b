/**
 * Journaled steps a second with 1, 16 and 64 steps in flight, beside the bare limit of the same server: a plain INSERT
 * of the same bytes in the same number of commits. A journaled step is one effect of a run that the conductor
 * drives (the effect itself costs nothing): the intent, and when that is stored, the outcome. Takes less than a minute. Prints a table, then one line of JSON.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { approve, drive, openRun } from "@baton/conductor";
import {
  type Journal,
  type Json,
  NO_HASH,
  ok,
  type Performer,
  type Plan,
  type PlanStep,
  type Ports,
  planHash,
  type Result,
  type StreamAppend,
  type Tenant,
} from "@baton/core";
import { createPostgresJournal, dataText, sha256, startEmbedded } from "@baton/journal";
import { Client } from "pg";

const rounds = 5;
/** Effects a round, by how many are in flight: each round takes a second or two. */
const effects = new Map([
  [1, 800],
  [16, 4000],
  [64, 6000],
]);

interface Figures {
  readonly inFlight: number;
  readonly stepsPerSecond: number;
  readonly bareStepsPerSecond: number;
  readonly share: number;
  readonly commitsPerSecond: number;
  readonly eventsPerCommit: number;
}

function value<T>(result: Result<T>): T {
  if (!result.ok)
    throw new Error(result.problems.map((p) => `${p.code} ${p.message} ${p.remedy}`).join("\n"));
  return result.value;
}

const tenants = (count: number): Tenant[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `tenant-${n}`,
    ring: "all",
    database: `d${n}`,
    host: "one",
  }));

/** A plan of one fan-out whose effects cost nothing, so that what is left is the conductor and its journal. */
function planOf(units: readonly Tenant[], width: number): Plan {
  const step: PlanStep = {
    id: "work.effects",
    phase: "work",
    kind: "nothing",
    title: "nothing",
    after: [],
    input: {},
    units: units.map(({ id }) => id),
    fanOut: true,
    undo: "inert",
    effect: "convergent",
    seconds: 0,
    undoSeconds: 0,
  };
  const plan: Plan = {
    format: 1,
    platform: "benchmark",
    environment: `width-${width}`,
    release: "B2",
    from: "B1",
    title: "Effects that cost nothing",
    author: null,
    hash: "",
    rings: ["all"],
    tenants: [...units],
    services: {},
    migrations: {},
    limits: { units: width, perHost: width, attempts: 1, backoffSeconds: 1, failureBudget: 0 },
    onFailure: "wait",
    onParked: "wait",
    phases: [{ id: "work", title: "work", ring: null, hold: false, steps: [step.id] }],
    steps: [step],
    assumptions: [],
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
  return { ...plan, hash: planHash(plan, sha256) };
}

/** What a performer of a real migration step journals, without the work. */
const nothing: Performer = {
  kind: "nothing",
  check: async () => [],
  before: async () => ok({ stage: "dual-write", epoch: 4, role: "tenant_07_r1", rows: 200 }),
  perform: async () => ok({ stage: "backfill", rows: 200, seconds: 0.8 }),
  undo: async () => ok(null),
  observe: async () => ({ state: "present", detail: "" }),
};

/** Nothing here asks the outside world for anything. */
const ports = {} as Ports;

interface Round {
  readonly steps: number;
  readonly seconds: number;
  /** What was in each commit, in order. */
  readonly commits: (readonly StreamAppend[])[];
}

/** Has the conductor drive a whole run, `width` effects at a time. Counts the commits between the first and the last effect. */
async function journaled(journal: Journal, width: number, units: number): Promise<Round> {
  const commits: (readonly StreamAppend[])[] = [];
  const by = { kind: "baton", name: "benchmark", via: "benchmark" } as const;
  const plan = planOf(tenants(units), width);
  const run = value(await openRun({ journal, plan, by }));
  value(await approve({ journal, run, planHash: plan.hash, by }));
  const observed: Journal = {
    ...bound(journal),
    append: (batch, held) => {
      commits.push(batch);
      return journal.append(batch, held);
    },
  };
  const start = performance.now();
  const end = value(
    await drive({
      journal: observed,
      run,
      performers: new Map([["nothing", nothing]]),
      ports,
      owner: "benchmark",
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  if (end.state.ended?.outcome !== "succeeded") throw new Error(`the run ended ${end.state.ended?.outcome}`);
  return { steps: units, seconds, commits };
}

/** The journal's methods as own properties, so that one of them can be replaced. */
const bound = (journal: Journal): Journal => ({
  append: (batch, lease) => journal.append(batch, lease),
  read: (prefix, after, limit) => journal.read(prefix, after, limit),
  heads: (prefix) => journal.heads(prefix),
  changed: (prefix, position, ms, signal) => journal.changed(prefix, position, ms, signal),
  now: () => journal.now(),
  saveSnapshot: (stream, snapshot) => journal.saveSnapshot(stream, snapshot),
  loadSnapshot: (stream) => journal.loadSnapshot(stream),
  saveDocument: (hash, bytes) => journal.saveDocument(hash, bytes),
  loadDocument: (hash) => journal.loadDocument(hash),
  acquire: (name, owner, ttl) => journal.acquire(name, owner, ttl),
  renew: (lease, ttl) => journal.renew(lease, ttl),
  release: (lease) => journal.release(lease),
  leaseOf: (name) => journal.leaseOf(name),
  saveProgress: (run, key, progress) => journal.saveProgress(run, key, progress),
  loadProgress: (run) => journal.loadProgress(run),
  audit: journal.audit,
  close: () => journal.close(),
});

/** Inserts the same rows in the same commits, one statement each, with nothing around them. Returns seconds. */
async function bare(client: Client, commits: readonly (readonly StreamAppend[])[]): Promise<number> {
  await client.query("truncate bare");
  const hash = NO_HASH;
  let position = 0;
  const rows = commits.map((batch) =>
    batch.flatMap(({ stream, events }) =>
      events.map((e) => ({ stream, ...e, data: dataText(e.data as Json) })),
    ),
  );
  const start = performance.now();
  for (const commit of rows) {
    const first = position;
    position += commit.length;
    await client.query({
      name: "bare",
      text: `insert into bare select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[],
             $6::text[], $7::int[], $8::text[], $9::text[], $10::text[])`,
      values: [
        commit.map((_, i) => first + i),
        commit.map((row) => row.stream),
        commit.map((_, i) => first + i),
        commit.map(() => 1_700_000_000_000),
        commit.map(() => 1),
        commit.map((row) => row.type),
        commit.map((row) => row.version),
        commit.map((row) => row.data),
        commit.map(() => hash),
        commit.map(() => hash),
      ],
    });
  }
  return (performance.now() - start) / 1000;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function measure(journal: Journal, client: Client): Promise<readonly Figures[]> {
  const results: Figures[] = [];
  await journaled(journal, 16, 500);
  for (const [width, units] of effects) {
    const ours: number[] = [];
    const limit: number[] = [];
    const shares: number[] = [];
    const commitRates: number[] = [];
    const sizes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { steps, seconds, commits } = await journaled(journal, width, units);
      const bareSeconds = await bare(client, commits);
      ours.push(steps / seconds);
      limit.push(steps / bareSeconds);
      shares.push(bareSeconds / seconds);
      commitRates.push(commits.length / seconds);
      sizes.push((2 * steps) / commits.length);
    }
    results.push({
      inFlight: width,
      stepsPerSecond: Math.round(median(ours)),
      bareStepsPerSecond: Math.round(median(limit)),
      share: Number(median(shares).toFixed(2)),
      commitsPerSecond: Math.round(median(commitRates)),
      eventsPerCommit: Number(median(sizes).toFixed(1)),
    });
  }
  return results;
}

const folder = await mkdtemp(join(tmpdir(), "baton-benchmark-"));
const server = value(
  await startEmbedded({ dataDir: join(folder, "data"), logFile: join(folder, "log"), password: "benchmark" }),
);
try {
  const journal = value(await createPostgresJournal({ url: server.url() }));
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  await client.query(
    `create table bare (position bigint primary key, stream text, seq bigint, at bigint, epoch bigint, type text,
     version int, data text, hash text, previous text)`,
  );
  const figures = await measure(journal, client);
  await client.end();
  await journal.close();
  console.log(`Median of ${rounds} rounds. A step is two appends, one after the other.\n`);
  console.table(figures);
  console.log(JSON.stringify({ benchmark: "journal", rounds, figures }));
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
