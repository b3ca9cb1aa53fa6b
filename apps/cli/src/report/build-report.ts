import {
  byHandInWords,
  type PlanIndex,
  parkedTenants,
  type RunState,
  type RunSummary,
  residueOf,
} from "@baton/core";
import type { BackupStandings, WorkloadStats, WorkloadVerdict } from "@baton/session";
import { Report, type ReportStep } from "./report.ts";
import { reportBackups } from "./report-backups.ts";
import { countSubjects } from "./subject-figures.ts";

/** What a report is built from. What could not be found out is null, with its reason. */
export interface ReportInput {
  readonly index: PlanIndex;
  readonly state: RunState;
  /** `summarize(index, state, now)`. */
  readonly summary: RunSummary;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly traffic: WorkloadStats | null;
  readonly trafficReason?: string;
  readonly verdict: WorkloadVerdict | null;
  readonly verdictReason?: string;
  /** Seconds of a rollback that was done besides this run; that of this run is found in its state. */
  readonly measuredRollback?: number | null;
  readonly journal: { readonly events: number; readonly intact: boolean | null } | null;
  readonly journalReason?: string;
  /** How backups stand; null where that cannot be told. */
  readonly backups: BackupStandings | null;
  readonly backupsReason?: string;
  /** Subjects of the release's migrations, shown as unknown while nothing has counted them. */
  readonly subjects?: readonly string[];
}

const NOT_ASKED = "nobody asked";

/** Builds the report of a run as it stands. Every figure that is null has its reason in `unknown`. */
export function buildReport(input: ReportInput): Report {
  const { index, state, summary } = input;
  const unknown: Record<string, string> = {};
  /** The value, or null with the reason noted under `path`. */
  const known = <T>(path: string, value: T | null | undefined, reason: string): T | null => {
    if (value !== null && value !== undefined) return value;
    unknown[path] = reason;
    return null;
  };
  const traffic = input.trafficReason ?? NOT_ASKED;
  const verdict = input.verdictReason ?? NOT_ASKED;
  const journal = input.journalReason ?? NOT_ASKED;
  const notReached = "the run has not come so far";
  const subjects = countSubjects(index, state, input.subjects ?? []);
  for (const [name, { reason }] of subjects) if (reason !== null) unknown[`subjects.${name}`] = reason;
  return Report.parse({
    format: 1,
    run: state.run,
    platform: index.plan.platform,
    environment: index.plan.environment,
    release: index.plan.release,
    from: index.plan.from,
    planHash: state.planHash,
    outcome: outcomeOf(summary),
    reason: state.ended?.reason ?? `waits for ${summary.explanation.waitingFor}`,
    startedAt: known("startedAt", isoTime(state.startedAt), "the run has not begun"),
    writtenAt: new Date(input.now).toISOString(),
    durations: {
      total: known(
        "durations.total",
        state.startedAt === null ? null : summary.elapsedSeconds,
        "the run has not begun",
      ),
      toHold: known("durations.toHold", secondsToHold(index, state), notReached),
      phases: Object.fromEntries(
        summary.phases.map((phase) => [
          phase.phase,
          known(
            `durations.phases.${phase.phase}`,
            phase.startedAt === null ? null : phase.seconds,
            notReached,
          ),
        ]),
      ),
    },
    steps: index.plan.steps.map((step) => reportStep(index, state, step.id)).filter((step) => step !== null),
    requests: {
      total: known("requests.total", input.traffic?.requests.total, traffic),
      failed: known("requests.failed", input.traffic?.requests.failed, traffic),
    },
    latency: {
      before: known("latency.before", latencyOf(input.traffic, "before"), windowReason(input, "before")),
      during: known("latency.during", latencyOf(input.traffic, "during"), windowReason(input, "during")),
      after: known("latency.after", latencyOf(input.traffic, "after"), windowReason(input, "after")),
    },
    writes: {
      acknowledged: known(
        "writes.acknowledged",
        input.verdict?.acknowledged ?? input.traffic?.writes.acknowledged,
        traffic,
      ),
      lost: known("writes.lost", input.verdict?.lost, verdict),
    },
    subjects: Object.fromEntries([...subjects].map(([name, { figures }]) => [name, figures])),
    rollback: {
      estimated: known("rollback.estimated", estimatedRollback(input), "it is refused or already under way"),
      measured: known("rollback.measured", measuredRollback(input), "no rollback was done"),
    },
    residue: residueOf(index, state),
    backups: reportBackups(input.backups, input.backupsReason ?? NOT_ASKED, (path, reason) => {
      unknown[path] = reason;
    }),
    journal: {
      events: known("journal.events", input.journal?.events, journal),
      intact: known("journal.intact", input.journal?.intact, journal),
    },
    parked: parkedTenants(state).map(({ tenant, problem: { code, message, remedy } }) => ({
      tenant,
      problem: { code, message, remedy },
    })),
    byHand: [...byHandInWords(state)],
    unknown,
  });
}

function outcomeOf(summary: RunSummary): string {
  if (summary.outcome !== null) return summary.outcome;
  const holding = summary.phases.some(
    (phase) => phase.hold && (phase.status === "waiting" || phase.status === "running"),
  );
  return summary.status === "running" && holding ? "holding" : summary.status;
}

const isoTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** From the run's start to the end of the last step before the hold; null before that, and in a plan without a hold. */
function secondsToHold(index: PlanIndex, state: RunState): number | null {
  const { startedAt } = state;
  if (startedAt === null || index.holdSteps.size === 0) return null;
  const before = index.plan.steps.filter(
    (step) => !index.holdSteps.has(step.id) && !index.behindHold.has(step.id),
  );
  const ends = before.map((step) => state.steps.get(step.id)?.endedAt ?? null);
  const known = ends.filter((end) => end !== null);
  return known.length < ends.length ? null : Math.max(0, ...known.map((end) => end - startedAt)) / 1000;
}

function reportStep(index: PlanIndex, state: RunState, id: string): ReportStep | null {
  const step = index.steps.get(id);
  const present = state.steps.get(id);
  if (step === undefined) return null;
  const { startedAt = null, endedAt = null } = present ?? {};
  return {
    id,
    phase: step.phase,
    kind: step.kind,
    title: step.title,
    status: present?.status ?? "pending",
    units: { total: step.units.length, done: present?.done ?? 0, parked: present?.parked ?? 0 },
    seconds: startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt) / 1000,
    estimatedSeconds: step.seconds,
  };
}

function latencyOf(traffic: WorkloadStats | null, name: string): Report["latency"]["before"] {
  const window = traffic?.windows[name];
  return window === undefined ? null : { requests: window.requests, p50: window.p50, p99: window.p99 };
}

const windowReason = (input: ReportInput, name: string): string =>
  input.traffic === null ? (input.trafficReason ?? NOT_ASKED) : `there is no window \`${name}\``;

const estimatedRollback = ({ state, summary }: ReportInput): number | null =>
  state.rollback === null ? summary.rollbackSeconds : null;

/** From the request to the end, of this run's own rollback; else what was measured besides. */
function measuredRollback({ state, measuredRollback: besides }: ReportInput): number | null {
  const { rollback, ended } = state;
  const own = rollback !== null && ended?.outcome === "rolled-back" ? (ended.at - rollback.at) / 1000 : null;
  return own ?? besides ?? null;
}
