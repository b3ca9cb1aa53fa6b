import { appendFile } from "node:fs/promises";
import type { LoadedRun } from "@baton/conductor";
import { indexPlan } from "@baton/core";
import { makePlan } from "@baton/session";
import { until } from "../test/baton-process.ts";
import { type LivePlatform, must, openRunOf, steady } from "../test/live-platform.ts";
import { FAULTS } from "./faults/all-faults.ts";
import { allEncrypted, noPlaintext, nothingLost, servesR1, type Violations } from "./invariants.ts";
import { driveLeg, type FaultRecord, type Leg, type LegEnd } from "./leg.ts";
import { momentWords } from "./moment.ts";
import { type CyclePlan, cyclePlan, type ScheduleOptions, strikableSteps } from "./schedule.ts";

/** What a soak is asked for. */
export interface SoakOptions {
  readonly platform: LivePlatform;
  readonly seed: number;
  /** No further cycle begins after so many milliseconds, or after so many cycles. */
  readonly forMs: number;
  readonly cycles: number;
  /** Names of the faults to draw from. */
  readonly faults: readonly string[];
  readonly longestMs: number;
  /** File to which each cycle's schedule and outcome are appended, a JSON line each. */
  readonly log: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How one cycle went. */
export interface CycleRecord {
  readonly cycle: number;
  readonly run: string;
  /** `hold`, or how the run ended before it: `rolled-back`, `needs-operator`; then how it ended after the way back. */
  readonly forward: string;
  readonly back: string;
  readonly reasons: readonly string[];
  readonly faults: readonly FaultRecord[];
  readonly conductors: number;
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly violations: Violations;
}

/** What a conductor may hold at most, megabytes: benchmarks.md's goal. */
const MOST_MEGABYTES = 200;

/** Whether the run stands at its hold. */
export const atHold = ({ index, state }: LoadedRun): boolean =>
  state.ended === null && state.waiting !== null && index.holdSteps.has(state.waiting.step);

/** Goes forward and back with faults until its time is over, or something did not hold. */
export async function soak(options: SoakOptions): Promise<readonly CycleRecord[]> {
  const { platform, seed, faults, longestMs, signal, say } = options;
  const plan = must(await makePlan(platform.session, "R2"));
  const schedule: ScheduleOptions = { seed, steps: strikableSteps(indexPlan(plan)), faults, longestMs };
  const note = (record: unknown) => appendFile(options.log, `${JSON.stringify(record)}\n`);
  const end = performance.now() + options.forMs;
  const records: CycleRecord[] = [];
  await note({ seed, faults, longestMs });
  for (let number = 1; number <= options.cycles; number++) {
    if (signal.aborted || performance.now() > end) break;
    const drawn = cyclePlan(schedule, number);
    await note(drawn);
    for (const line of cycleWords(drawn)) say(line);
    const record = await cycle(options, drawn);
    if (signal.aborted) break;
    records.push(record);
    await note(record);
    say(recordWords(record));
    if (record.violations.length > 0) break;
  }
  return records;
}

const cycleWords = ({ number, forward, turn, through, back }: CyclePlan): readonly string[] => [
  `cycle ${number}: ${turn ? `back from ${momentWords(turn)}` : through ? "through the hold and back" : "to the hold and back"}`,
  ...[...forward, ...(through ?? []), ...back].map(
    ({ fault, moment, tenant }) =>
      `  · ${fault}${/^t/.test(fault) ? ` of ${tenant}` : ""} at ${momentWords(moment)}`,
  ),
];

const recordWords = ({ cycle: number, forward, back, seconds, violations }: CycleRecord): string =>
  [
    `cycle ${number}: ${forward}, then ${back}, ${seconds.toFixed(0)} s`,
    ...violations.map((v) => `  ! ${v}`),
  ].join("\n");

async function cycle(options: SoakOptions, drawn: CyclePlan): Promise<CycleRecord> {
  const { platform, say, signal } = options;
  const begun = performance.now();
  const failedBefore = (await steady(() => platform.workload.stats())).requests.failed;
  const ends: LegEnd[] = [];
  const violations: string[] = [];
  const leg = { platform, faults: FAULTS, say, signal };
  try {
    for (const next of legsOf(leg, drawn)) {
      const made = await next(ends);
      if (made === null) continue;
      const ended = await driveLeg(made);
      if (signal.aborted) break;
      ends.push(ended);
      violations.push(...outcomeViolations(ended, made.sentTo));
      if (atHold(ended.loaded)) violations.push(...(await allEncrypted(platform)));
      if (ended.loaded.state.ended?.outcome === "succeeded")
        violations.push(...(await noPlaintext(platform)));
    }
    const last = ends.at(-1);
    if (last && !signal.aborted) {
      violations.push(...(await servesR1(platform)), ...(await nothingLost(platform, last.loaded)));
    }
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
  }
  const faults = ends.flatMap((end) => end.records);
  const failed = (await steady(() => platform.workload.stats())).requests.failed - failedBefore;
  const attributed = faults.reduce((sum, fault) => sum + fault.failedRequests, 0);
  violations.push(...blameViolations(faults, failed - attributed));
  const figures = recordOf(drawn, ends);
  if (figures.peakMegabytes > MOST_MEGABYTES)
    violations.push(`a conductor held ${figures.peakMegabytes} MB, more than ${MOST_MEGABYTES}`);
  return { ...figures, faults, seconds: (performance.now() - begun) / 1_000, violations };
}

type Sent = Leg & { readonly sentTo: "hold" | "succeeded" | "rolled-back" };
type LegOf = (ends: readonly LegEnd[]) => Promise<Sent | null>;

/**
 * Forward to the hold; through it where the schedule says so; back; and back again where a fault left the way back to a person,
 * who comes when the fault is over.
 */
function legsOf(
  common: Omit<Leg, "run" | "command" | "arrived" | "planned">,
  drawn: CyclePlan,
): readonly LegOf[] {
  const { platform } = common;
  const ended: Leg["arrived"] = ({ state }) => state.ended !== null;
  const forward: LegOf = async () => ({
    ...common,
    sentTo: "hold",
    run: () => openRunOf(platform),
    command: ["run", "R2", "--yes"],
    arrived: (loaded) => atHold(loaded) || ended(loaded),
    planned: drawn.forward,
    ...(drawn.turn ? { leaveAt: drawn.turn } : {}),
  });
  const through: LegOf = async (ends) => {
    const last = ends.at(-1);
    if (drawn.through === null || last === undefined || !atHold(last.loaded)) return null;
    await until("the hold has baked and is approved", async () => {
      const { code } = await platform.json("approve", "--yes");
      return code === 0;
    });
    const run = async () => last.run;
    return {
      ...common,
      sentTo: "succeeded",
      run,
      command: ["run", "R2"],
      arrived: ended,
      planned: drawn.through,
    };
  };
  const back =
    (planned: Leg["planned"]): LegOf =>
    async (ends) => {
      const last = ends.at(-1);
      if (last === undefined || last.loaded.state.ended?.outcome === "rolled-back") return null;
      const command = ["rollback", "--yes", "--reason", "the soak goes back"];
      return {
        ...common,
        sentTo: "rolled-back",
        run: async () => last.run,
        command,
        arrived: ended,
        planned,
      };
    };
  return [forward, through, back(drawn.back), back([])];
}

/** A run that ended elsewhere than where it was sent must have been turned by a fault that may do so, and say why. */
function outcomeViolations({ loaded, records }: LegEnd, sentTo: Sent["sentTo"]): Violations {
  const { ended } = loaded.state;
  if (ended === null || ended.outcome === sentTo) return [];
  const mayTurn = records.some(({ fault, struck }) => struck !== null && FAULTS.get(fault)?.mayTurn);
  const found: string[] = [];
  if (!mayTurn) found.push(`it ended ${ended.outcome} without a fault that leads there: ${ended.reason}`);
  if (!["rolled-back", "needs-operator"].includes(ended.outcome)) found.push(`it ended ${ended.outcome}`);
  if (ended.reason === "") found.push(`it ended ${ended.outcome} and says no reason`);
  return found;
}

/** Requests may fail only while a fault lasts that takes something away from users. */
function blameViolations(faults: readonly FaultRecord[], unexplained: number): Violations {
  const innocent = faults.filter(
    ({ fault, failedRequests }) => failedRequests > 0 && FAULTS.get(fault)?.harmsRequests !== true,
  );
  return [
    ...innocent.map(({ fault, failedRequests }) => `${failedRequests} requests failed during ${fault}`),
    ...(unexplained > 0 ? [`${unexplained} requests failed while no fault lasted`] : []),
  ];
}

function recordOf(
  { number }: CyclePlan,
  ends: readonly LegEnd[],
): Omit<CycleRecord, "faults" | "seconds" | "violations"> {
  const words = ends.map(({ loaded }) =>
    atHold(loaded) ? "hold" : (loaded.state.ended?.outcome ?? "left half-way"),
  );
  return {
    cycle: number,
    run: ends[0]?.run ?? "none",
    forward: words[0] ?? "nothing",
    back: words.slice(1).join(", ") || "nothing more",
    reasons: ends.flatMap(({ loaded }) => (loaded.state.ended ? [loaded.state.ended.reason] : [])),
    conductors: ends.reduce((sum, { starts }) => sum + starts, 0),
    peakMegabytes: Math.max(0, ...ends.map((end) => end.peakMegabytes)),
  };
}
