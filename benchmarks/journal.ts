/**
 * Journaled steps a second with 1, 16 and 64 steps in flight, beside the bare limit of the same server: a plain INSERT
 * of the same bytes in the same number of commits. A journaled step is what the conductor writes for one effect: the
 * intent, and when that is stored, the outcome. Takes less than a minute. Prints a table, then one line of JSON.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Journal, Json, NewEvent, Result, StreamAppend } from "@baton/core";
import { createBatcher, createPostgresJournal, dataText, noHash, startEmbedded } from "@baton/journal";
import { Client } from "pg";

const rounds = 5;
const roundMs = 1200;
const inFlight = [1, 16, 64] as const;

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

const intent = (key: string): NewEvent => ({
  type: "effect.intended",
  version: 1,
  data: {
    type: "effect.intended",
    key,
    step: "migrate-general",
    unit: "tenant-07",
    direction: "do",
    before: { stage: "dual-write", epoch: 4, role: "tenant_07_r1", rows: 200 },
  },
});
const outcome = (key: string): NewEvent => ({
  type: "effect.done",
  version: 1,
  data: {
    type: "effect.done",
    key,
    step: "migrate-general",
    unit: "tenant-07",
    output: { stage: "backfill", rows: 200, seconds: 0.8 },
  },
});

interface Round {
  readonly steps: number;
  readonly seconds: number;
  /** What was in each commit, in order. */
  readonly commits: (readonly StreamAppend[])[];
}

/** Drives `width` steps at a time through the journal for the length of a round. */
async function journaled(journal: Journal, width: number, run: string): Promise<Round> {
  const commits: (readonly StreamAppend[])[] = [];
  const lease = value(await journal.acquire(run, "benchmark", 600_000));
  const observed: Pick<Journal, "append"> = {
    append: (batch, held) => {
      commits.push(batch);
      return journal.append(batch, held);
    },
  };
  const batcher = createBatcher(observed, lease);
  const start = performance.now();
  let steps = 0;
  const drive = async (worker: number) => {
    const stream = width === 1 ? run : `${run}/units/${worker % 8}`;
    for (let n = 0; performance.now() - start < roundMs; n++) {
      const key = `${run}/migrate-general/${worker}/do/${n}`;
      value(await batcher.append([{ stream, expectedSeq: null, events: [intent(key)] }]));
      value(await batcher.append([{ stream, expectedSeq: null, events: [outcome(key)] }]));
      steps++;
    }
  };
  await Promise.all(Array.from({ length: width }, (_, worker) => drive(worker)));
  return { steps, seconds: (performance.now() - start) / 1000, commits };
}

/** Inserts the same rows in the same commits, one statement each, with nothing around them. Returns seconds. */
async function bare(client: Client, commits: readonly (readonly StreamAppend[])[]): Promise<number> {
  await client.query("truncate bare");
  const hash = noHash;
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
  await journaled(journal, 16, "run/warm-up");
  for (const width of inFlight) {
    const ours: number[] = [];
    const limit: number[] = [];
    const shares: number[] = [];
    const commitRates: number[] = [];
    const sizes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { steps, seconds, commits } = await journaled(journal, width, `run/${width}-${round}`);
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
  console.log(
    `Median of ${rounds} rounds of ${roundMs / 1000} s. A step is two appends, one after the other.\n`,
  );
  console.table(figures);
  console.log(JSON.stringify({ benchmark: "journal", rounds, roundMs, figures }));
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
