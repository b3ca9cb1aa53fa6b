import { randomBytes } from "node:crypto";
import {
  createRedactor,
  failed,
  type Journal,
  type Lease,
  mannerOf,
  ok,
  type Performer,
  type Plan,
  type Ports,
  type Problem,
  type Recorded,
  type Redactor,
  type Result,
  type RunState,
} from "@baton/core";
import type { Notary } from "./audit/notary.ts";
import { type Clock, pause, systemClock } from "./clock.ts";
import { Conductor, type DriveView } from "./conductor.ts";
import { type KeptLease, keepLease } from "./lease-keeper.ts";
import { loadRun } from "./load-run.ts";
import { steadily } from "./steadily.ts";
import { takeLease } from "./take-lease.ts";

/** Which run to drive, with what, and who looks on. Defaults stand beside the fields. */
export interface DriveOptions {
  readonly journal: Journal;
  readonly run: string;
  /** By step kind. */
  readonly performers: ReadonlyMap<string, Performer>;
  readonly ports: Ports;
  /** Who drives, for people to read; a random end is added, so that a process started again is never taken for itself. */
  readonly owner: string;
  /** Asks for an orderly end. */
  readonly signal?: AbortSignal;
  /** `wait`: return when the run waits for a person, or at a hold. Default: only when it has ended. */
  readonly until?: "wait" | "end";
  /** Wait for the lease of another conductor, and take over when it ends. Default: refuse with `BATON-RUN-DRIVEN`. */
  readonly standBy?: boolean;
  /** Told once whose lease it stands by for. */
  readonly onStandBy?: (holder: Lease) => void;
  /** Called after each change, and with new progress figures. Must not throw. */
  readonly on?: (view: DriveView) => void;
  /** Called for each event from the moment driving begins, once it is journaled and folded, in order. Must not throw. */
  readonly onEvent?: (recorded: Recorded) => void;
  /** Takes secrets out of what failed effects say, before it is journaled. Default: what looks like a secret. */
  readonly redactor?: Redactor;
  /** Has the journal signed beside the effects; what it cannot sign never holds the run up. */
  readonly notary?: Notary;
  /** Time to live of the lease, 10 s. A successor of a killed conductor waits that long at most. */
  readonly ttlMs?: number;
  /** How long effects in hand may go on after `signal` before they are aborted, 3 s. */
  readonly graceMs?: number;
  /** Events between two snapshots, 500. */
  readonly snapshotEvery?: number;
  readonly clock?: Clock;
}

/** Why driving came to its end, and how the run stands. `stopped`: the signal asked for it. */
export interface DriveEnd {
  readonly reason: "ended" | "waiting" | "stopped";
  readonly state: RunState;
}

/** After effects were aborted, how long they may take to return before they are left behind. */
const ABORTED_MS = 1_000;

/**
 * Drives a run until it ends: takes its lease, folds its journal, and performs what `decide` asks for. Safe to kill at any
 * moment; the next one to drive goes on. Problems: `BATON-RUN-DRIVEN`, `BATON-RUN-LEASE-LOST`, `BATON-RUN-PERFORMER`, those of
 * `loadRun`, and the journal's where it stays away for longer than the lease lives.
 */
export async function drive(options: DriveOptions): Promise<Result<DriveEnd>> {
  const { journal, run, clock = systemClock(), ttlMs = 10_000 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const taken = await takeLease({
    journal,
    clock,
    run,
    owner: `${options.owner} (${randomBytes(3).toString("hex")})`,
    ttlMs,
    standBy: options.standBy ?? false,
    ...(options.onStandBy ? { onStandBy: options.onStandBy } : {}),
    signal,
  });
  if (!taken.ok) return taken;
  if (taken.value === null) return stoppedBefore(journal, run);
  const lease = keepLease({ journal, clock, ttlMs, ...taken.value });
  let free = true;
  try {
    const driven = await underLease({ ...options, clock, signal }, lease);
    free = driven.landed;
    return driven.end;
  } finally {
    // Ahead of the lease's end: while events wait for their signature somebody drives.
    await options.notary?.end();
    // An effect that does not return may still be at work: its lease must end by itself.
    await lease.end(free);
  }
}

/** The signal came while another conductor drove. */
async function stoppedBefore(journal: Journal, run: string): Promise<Result<DriveEnd>> {
  const loaded = await loadRun(journal, run);
  return loaded.ok ? ok({ reason: "stopped", state: loaded.value.state }) : loaded;
}

type Driven = { readonly end: Result<DriveEnd>; readonly landed: boolean };
type Driving = DriveOptions & { readonly clock: Clock; readonly signal: AbortSignal };

async function underLease(options: Driving, lease: KeptLease): Promise<Driven> {
  const { journal, run, clock, performers, ports, snapshotEvery = 500 } = options;
  const loaded = await steadily(clock, lease.lost, () => loadRun(journal, run));
  if (!loaded.ok) return { end: loaded, landed: true };
  const missing = missingPerformers(loaded.value.plan, performers);
  if (missing.length > 0) return { end: failed(...missing), landed: true };
  const now = await steadily(clock, lease.lost, () => journal.now());
  if (!now.ok) return { end: now, landed: true };
  const conductor = new Conductor({
    journal,
    clock,
    loaded: loaded.value,
    lease,
    performers,
    ports,
    snapshotEvery,
    now: now.value,
    on: options.on,
    onEvent: options.onEvent,
    redactor: options.redactor ?? createRedactor([]),
    onFolded: options.notary && ((state, folded) => options.notary?.saw(state, folded)),
  });
  options.notary?.begin();
  const ring = () => conductor.ring();
  options.signal.addEventListener("abort", ring, { once: true });
  try {
    const end = await conduct(conductor, options, lease);
    return { end, landed: await land(conductor, options) };
  } finally {
    options.signal.removeEventListener("abort", ring);
    await conductor.close();
  }
}

async function conduct(conductor: Conductor, options: Driving, lease: KeptLease): Promise<Result<DriveEnd>> {
  for (;;) {
    const look = await conductor.look();
    const { broken } = conductor.ledger;
    if (broken?.some((problem) => problem.code === "BATON-JOURNAL-EPOCH")) lease.lose("another took it");
    if (!lease.alive()) return failed(lease.lost.reason as Problem);
    if (broken !== null) return failed(...broken);
    if (look === "ended") return ok({ reason: "ended", state: conductor.state });
    if (options.signal.aborted) return stop(conductor, options, lease);
    if (look === "waiting") {
      if (options.until === "wait") return ok({ reason: "waiting", state: conductor.state });
      await conductor.saveSnapshot();
    }
    await conductor.changed();
  }
}

/** Takes no new effects, gives those in hand a bounded time, and aborts the rest. */
async function stop(conductor: Conductor, options: Driving, lease: KeptLease): Promise<Result<DriveEnd>> {
  conductor.stopTaking();
  await Promise.race([conductor.landed(), pause(options.clock, options.graceMs ?? 3_000, lease.lost)]);
  await land(conductor, options);
  return lease.alive()
    ? ok({ reason: "stopped", state: conductor.state })
    : failed(lease.lost.reason as Problem);
}

/** Aborts what is still in hand; false where something does not return. */
async function land(conductor: Conductor, options: Driving): Promise<boolean> {
  conductor.abort();
  const landed = conductor.landed().then(() => true);
  return Promise.race([landed, pause(options.clock, ABORTED_MS).then(() => false)]);
}

/** All kinds of the plan that nobody here can perform, before anything is begun. */
function missingPerformers(plan: Plan, performers: ReadonlyMap<string, Performer>): readonly Problem[] {
  const kinds = new Set(plan.steps.filter((step) => mannerOf(step) === "performed").map((step) => step.kind));
  return [...kinds]
    .filter((kind) => !performers.has(kind))
    .map((kind) => ({
      code: "BATON-RUN-PERFORMER" as const,
      message: `This conductor cannot perform steps of kind \`${kind}\`.`,
      remedy: "Drive the run with the Baton that planned it.",
    }));
}
