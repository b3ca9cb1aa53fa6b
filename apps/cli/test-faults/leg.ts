import { type LoadedRun, loadRun } from "@baton/conductor";
import { until } from "../test/baton-process.ts";
import { type LivePlatform, steady } from "../test/live-platform.ts";
import { Driver } from "./driver.ts";
import type { Fault } from "./faults/fault.ts";
import { hasCome, type Moment, momentWords } from "./moment.ts";
import { RunLog } from "./run-log.ts";

/** A fault that is to come: which, when, and whose database is hit where it is a tenant's. */
export interface PlannedFault {
  readonly fault: string;
  readonly moment: Moment;
  readonly tenant: string;
  readonly lastsMs: number;
}

/** What became of one planned fault. */
export interface FaultRecord {
  readonly fault: string;
  readonly moment: string;
  /** Null: the leg came to its end before the moment came, or there was nothing left to hit. */
  readonly struck: string | null;
  /** Requests of users that failed from the strike until all was well again. */
  readonly failedRequests: number;
  /** From the moment the world was as before until the run went on or had ended, and users were served; milliseconds. */
  readonly recoveryMs: number | null;
}

/** One way a run goes: the command that drives it, and when it has arrived. */
export interface Leg {
  readonly platform: LivePlatform;
  readonly run: () => Promise<string>;
  readonly command: readonly string[];
  readonly arrived: (loaded: LoadedRun) => boolean;
  readonly planned: readonly PlannedFault[];
  /** A moment at which the conductor is asked to stop in order and the leg ends, wherever the run stands. */
  readonly leaveAt?: Moment;
  readonly faults: ReadonlyMap<string, Fault>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How a leg ended. */
export interface LegEnd {
  readonly run: string;
  readonly loaded: LoadedRun;
  readonly records: readonly FaultRecord[];
  readonly starts: number;
  readonly peakMegabytes: number;
}

/** How long a leg may stand without any event before that counts as stuck. */
const STUCK_MS = 180_000;
/** For so long no request may fail before users count as served again. */
const QUIET_MS = 2_000;

/**
 * Drives a run one way with faults at their moments. A conductor that a fault ended is started again; one that ends without
 * one throws, as does a run that stands still for three minutes.
 */
export async function driveLeg(leg: Leg): Promise<LegEnd> {
  const { platform, planned, signal } = leg;
  const driver = new Driver(platform, leg.command);
  driver.start();
  try {
    const log = new RunLog(platform.session, await leg.run());
    const going = new Going(leg, driver, log);
    const records: FaultRecord[] = [];
    for (const one of planned) {
      const come = await going.until(() => hasCome(log, one.moment));
      records.push(come ? await strike(leg, driver, going, one) : notStruck(one));
      if (signal.aborted) break;
    }
    const { leaveAt } = leg;
    const leaves = await going.until(() => leaveAt !== undefined && hasCome(log, leaveAt));
    await (leaves || signal.aborted ? driver.stop() : driver.end());
    const loaded = await load(leg, log.run);
    const { starts, peakMegabytes } = driver;
    return { run: log.run, loaded, records, starts, peakMegabytes };
  } finally {
    await driver.stop();
  }
}

const load = ({ platform }: Leg, run: string): Promise<LoadedRun> =>
  steady(() => loadRun(platform.session.journal, run));

/** A run on its way, looked at until something has happened. */
class Going {
  readonly #leg: Leg;
  readonly #driver: Driver;
  readonly log: RunLog;

  constructor(leg: Leg, driver: Driver, log: RunLog) {
    this.#leg = leg;
    this.#driver = driver;
    this.log = log;
  }

  /** True when it is so; false when the leg has arrived, or is to be given up, without it. Keeps the run driven meanwhile. */
  async until(so: () => boolean): Promise<boolean> {
    let heard = performance.now();
    for (let position = -1; !this.#leg.signal.aborted; ) {
      if (this.#driver.ended) {
        if (this.#leg.arrived(await load(this.#leg, this.log.run))) return false;
        this.#driver.start();
      }
      await this.log.read();
      if (so()) return true;
      if (this.log.position !== position) heard = performance.now();
      position = this.log.position;
      if (performance.now() - heard > STUCK_MS)
        throw new Error(`the run stands still: ${this.#driver.account()}`);
      await this.log.next();
    }
    return false;
  }
}

const notStruck = ({ fault, moment }: PlannedFault): FaultRecord => ({
  fault,
  moment: momentWords(moment),
  struck: null,
  failedRequests: 0,
  recoveryMs: null,
});

async function strike(leg: Leg, driver: Driver, going: Going, one: PlannedFault): Promise<FaultRecord> {
  const { platform, say } = leg;
  const fault = leg.faults.get(one.fault);
  if (fault === undefined) throw new Error(`there is no fault ${one.fault}`);
  const failedBefore = await failedRequests(platform);
  if (fault.mayEndConductor) driver.forgive();
  const struck = await fault.strike({
    platform,
    run: going.log.run,
    slot: driver.slot,
    tenant: one.tenant,
    lastsMs: one.lastsMs,
    over: driver.over,
    signal: leg.signal,
  });
  if (struck === null) return notStruck(one);
  say(`  ✗ ${fault.words} (${struck.what}) at ${momentWords(one.moment)}`);
  await struck.heal();
  const healed = performance.now();
  if (fault.name === "conductor-kill") await driver.end();
  // What was journaled up to here may still be from before the strike.
  await going.log.read();
  const { position } = going.log;
  await going.until(() => going.log.position > position);
  if (fault.harmsRequests) await served(platform);
  return {
    fault: one.fault,
    moment: momentWords(one.moment),
    struck: struck.what,
    failedRequests: (await failedRequests(platform)) - failedBefore,
    recoveryMs: Math.round(performance.now() - healed),
  };
}

const failedRequests = async ({ workload }: LivePlatform): Promise<number> =>
  (await steady(() => workload.stats())).requests.failed;

/** Resolves when users have been served for a while without a failure. */
async function served({ workload }: LivePlatform): Promise<void> {
  const figures = async () => (await steady(() => workload.stats())).requests;
  let quiet = await figures();
  let since = performance.now();
  await until("users are served again", async () => {
    const now = await figures();
    if (now.failed !== quiet.failed) {
      quiet = now;
      since = performance.now();
    }
    return performance.now() - since >= QUIET_MS && now.total > quiet.total;
  });
}
