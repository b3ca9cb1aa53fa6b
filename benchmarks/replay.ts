/**
 * How long a run of a million events takes to load, from its first event and from a snapshot, and how fast the whole journal is
 * verified. The run is a fleet's: 5,000 tenants, 20 steps, each effect tried nine times. It is written through the journal's own
 * append, in big batches, on the embedded PostgreSQL. Medians of three. Prints a table, then one line of JSON.
 * Usage: npm run bench:replay [-- EVENTS]
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAnchorFile, openSigningKey } from "@baton/adapters";
import { approve, loadRun, openRun, signHeads, streams, verifyJournal } from "@baton/conductor";
import {
  effectKey,
  isIntact,
  type Journal,
  type Json,
  type NewEvent,
  type Plan,
  type PlanStep,
  planHash,
  type Result,
  SNAPSHOT_VERSION,
  type StreamAppend,
  toSnapshot,
} from "@baton/core";
import { createPostgresJournal, sha256, startEmbedded } from "@baton/journal";

const ROUNDS = 3;
const BATCH = 10_000;
const STEPS = 20;
/** Intent, eight failures, outcome. */
const EVENTS_A_UNIT = 10;
/** What a conductor leaves behind its last snapshot at most. */
const TAIL = 500;
const events = Number(process.argv[2] ?? 1_000_000);
const tenants = Array.from({ length: Math.ceil(events / STEPS / EVENTS_A_UNIT) }, (_, n) => `tenant-${n}`);

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join("\n"));
  return result.value;
}

function planOf(): Plan {
  const steps = Array.from(
    { length: STEPS },
    (_, n): PlanStep => ({
      id: `work.step-${n}`,
      phase: "work",
      kind: "nothing",
      title: "nothing",
      after: [],
      input: {},
      units: tenants,
      fanOut: true,
      undo: "inert",
      effect: "convergent",
      seconds: 0,
      undoSeconds: 0,
    }),
  );
  const plan: Plan = {
    format: 1,
    platform: "benchmark",
    environment: "replay",
    release: "B2",
    from: "B1",
    title: "A fleet's long run",
    author: null,
    hash: "",
    rings: ["all"],
    tenants: tenants.map((id) => ({ id, ring: "all", database: id, host: "one" })),
    services: {},
    migrations: {},
    limits: { units: 8, perHost: 8, attempts: 10, backoffSeconds: 1, failureBudget: 0 },
    onFailure: "wait",
    onParked: "wait",
    phases: [{ id: "work", title: "work", ring: null, hold: false, steps: steps.map(({ id }) => id) }],
    steps,
    assumptions: [],
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
  return { ...plan, hash: planHash(plan, sha256) };
}

const event = (type: string, data: Json): NewEvent => ({ type, version: 1, data });

/** What the effects of a real migration step journal, in the order a conductor would. */
function* effects(run: string): Generator<{ readonly stream: string; readonly event: NewEvent }> {
  for (let n = 0; n < STEPS; n++)
    for (const unit of tenants) {
      const step = `work.step-${n}`;
      const stream = streams.unit(run, unit);
      const named = { key: effectKey(run, step, unit, "do", 0), step, unit };
      const before = { stage: "dual-write", epoch: 4, role: `${unit}_r1`, rows: 200 };
      yield { stream, event: event("effect.intended", { ...named, direction: "do", before }) };
      for (let attempt = 1; attempt <= EVENTS_A_UNIT - 2; attempt++)
        yield { stream, event: event("effect.failed", { ...named, attempt, problem, final: false }) };
      yield { stream, event: event("effect.done", { ...named, output: { stage: "backfill", rows: 200 } }) };
    }
}
const problem = {
  code: "BATON-MIGRATE-LOCKED",
  message: "A lock was not to be had in the time allowed.",
  remedy: "It is tried again.",
};

/** Fills the journal; a snapshot is saved `TAIL` events in front of its end. */
async function fill(journal: Journal): Promise<string> {
  const by = { kind: "baton", name: "benchmark", via: "benchmark" } as const;
  const plan = planOf();
  const run = value(await openRun({ journal, plan, by }));
  value(await approve({ journal, run, planHash: plan.hash, by }));
  const begun = plan.steps.map(({ id }) => event("step.started", { step: id }));
  const start: StreamAppend = {
    stream: streams.run(run),
    expectedSeq: 1,
    events: [event("run.started", {}), ...begun],
  };
  value(await journal.append([start], null));
  let written = value(await journal.audit.end());
  let open = new Map<string, NewEvent[]>();
  let held = 0;
  const flush = async () => {
    const batch = [...open].map(([stream, list]) => ({ stream, expectedSeq: null, events: list }));
    if (held > 0) value(await journal.append(batch, null));
    written += held;
    open = new Map();
    held = 0;
  };
  for (const { stream, event: next } of effects(run)) {
    if (written + held >= events) break;
    const list = open.get(stream) ?? [];
    list.push(next);
    open.set(stream, list);
    held++;
    if (held === BATCH || written + held === events - TAIL) await flush();
    if (written === events - TAIL && held === 0) await snapshot(journal, run);
  }
  await flush();
  return run;
}

async function snapshot(journal: Journal, run: string): Promise<void> {
  const { state, seqs, position } = value(await loadRun(journal, run));
  if (state.anomalies.count > 0) throw new Error(`the run does not fit: ${state.anomalies.last?.reason}`);
  const kept = { state: toSnapshot(state), seqs: Object.fromEntries(seqs) };
  value(
    await journal.saveSnapshot(streams.run(run), {
      position,
      version: SNAPSHOT_VERSION,
      state: kept as unknown as Json,
    }),
  );
}

async function measured(work: () => Promise<void>): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await work();
    taken.push((performance.now() - start) / 1000);
  }
  return taken.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const folder = await mkdtemp(join(tmpdir(), "baton-replay-"));
const server = value(
  await startEmbedded({ dataDir: join(folder, "pg"), logFile: join(folder, "log"), password: "replay" }),
);
try {
  const journal = value(await createPostgresJournal({ url: server.url() }));
  const filling = performance.now();
  const run = await fill(journal);
  const fillSeconds = (performance.now() - filling) / 1000;
  const count = value(await journal.audit.end());

  const fromSnapshot = await measured(async () => void value(await loadRun(journal, run)));
  const without: Journal = { ...journal, loadSnapshot: async () => ({ ok: true, value: null }) };
  const fromStart = await measured(async () => void value(await loadRun(without, run)));

  const { privateKey } = generateKeyPairSync("ed25519");
  const env = { BATON_AUDIT_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  const signer = value(await openSigningKey({ stateDir: folder, env, create: false }));
  if (signer === null) throw new Error("there is no key");
  const anchor = createAnchorFile(join(folder, "anchors"));
  const signing = performance.now();
  value(await signHeads({ journal, signer, anchor }));
  const signSeconds = (performance.now() - signing) / 1000;
  const lines = value(await anchor.read(value(await journal.audit.id())));
  const verify = await measured(async () => {
    const found = value(
      await verifyJournal({ journal, anchor: lines, verify: signer.verify, knowsKeys: true }),
    );
    if (isIntact(found) !== true) throw new Error(JSON.stringify(found.problems[0] ?? found.unknown[0]));
  });
  const figures = {
    events: count,
    units: tenants.length * STEPS,
    fillSeconds,
    loadFromSnapshot: fromSnapshot,
    loadFromStart: fromStart,
    firstSignature: signSeconds,
    verify,
    verifyEventsPerSecond: count / verify,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
  for (const [name, figure] of Object.entries(figures))
    process.stdout.write(`${name.padEnd(24)} ${figure.toLocaleString("en", { maximumFractionDigits: 2 })}\n`);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  await journal.close();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
