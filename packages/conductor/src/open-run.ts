import { randomBytes } from "node:crypto";
import {
  type Actor,
  failed,
  type Journal,
  ok,
  type Plan,
  type Problem,
  type Result,
  rollbackRefusal,
} from "@baton/core";
import { environmentRunOpened, type RunSummary, readEnvironment } from "./environment-runs.ts";
import { toNewEvent } from "./event-codec.ts";
import { loadRun } from "./load-run.ts";
import { savePlan } from "./plan-document.ts";
import { streams } from "./streams.ts";

export interface OpenRunOptions {
  readonly journal: Journal;
  readonly plan: Plan;
  readonly by: Actor;
  /** Who has approved exactly this plan; recorded in one commit with the opening. Left out: somebody else approves it later. */
  readonly approvedBy?: Actor;
  /** Six characters that tell apart runs of one release on one day. */
  readonly tail?: () => string;
}

const randomTail = (): string => randomBytes(3).toString("hex");

/** `r2-20261121-a1b2c3`: the release, the day in UTC by the journal's clock, a random end. */
function runId(release: string, now: number, tail: string): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
  return `${release.toLowerCase()}-${day}-${tail}`;
}

const alreadyOpen = (environment: string, open: RunSummary): Problem => ({
  code: "BATON-RUN-OPEN",
  message: `The run ${open.run} of ${open.release}, opened by ${open.by.name}, has not ended in ${environment}.`,
  remedy:
    "Let it go on with `baton run`, or take it back with `baton rollback`, before another one is opened.",
  details: { run: open.run, environment, release: open.release },
});

const unfinished = (environment: string, { run, release, ended }: RunSummary): Problem => ({
  code: "BATON-RUN-UNFINISHED",
  message: `The run ${run} of ${release} ended in ${environment} with ${ended?.outcome}: it is neither done nor taken back.`,
  remedy:
    "See with `baton explain` why it stopped, and take it back with `baton rollback`; then open another one.",
  details: { run, environment, release, outcome: ended?.outcome ?? null },
});

/** Outcomes that leave an environment between two releases. */
const HALFWAY: ReadonlySet<string> = new Set(["needs-operator", "stopped"]);

/**
 * Why no run may be opened after these; null when one may. A later run would take from one that ended half-way the right to be
 * taken back. Where it has lost that right by itself, past the point of no return, only another run leads on.
 */
async function refusal(
  journal: Journal,
  environment: string,
  runs: readonly RunSummary[],
): Promise<Result<Problem | null>> {
  const open = runs.find((run) => run.ended === null);
  if (open) return ok(alreadyOpen(environment, open));
  const latest = runs.at(-1);
  if (latest === undefined || !HALFWAY.has(latest.ended?.outcome ?? "")) return ok(null);
  const loaded = await loadRun(journal, latest.run);
  if (!loaded.ok) return loaded;
  const stays = rollbackRefusal(loaded.value.index, loaded.value.state) !== null;
  return ok(stays ? null : unfinished(environment, latest));
}

/** Tries again when somebody else opened or ended a run between reading and appending; a few tries always settle it. */
const TRIES = 10;

/**
 * Opens a run of a plan and gives its id. The plan's bytes are stored first. An environment has one open run at most:
 * `BATON-RUN-OPEN` names it, also where two are opened at the same moment. `BATON-RUN-UNFINISHED` names the last run where it
 * ended half-way and can still be taken back.
 */
export async function openRun(options: OpenRunOptions): Promise<Result<string>> {
  const { journal, plan, tail = randomTail } = options;
  const saved = await savePlan(journal, plan);
  if (!saved.ok) return saved;
  let last: Result<string> = failed(alwaysMoving(plan.environment));
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const now = await journal.now();
    if (!now.ok) return now;
    const environment = await readEnvironment(journal, plan.environment);
    if (!environment.ok) return environment;
    const refused = await refusal(journal, plan.environment, environment.value.runs);
    if (!refused.ok) return refused;
    if (refused.value !== null) return failed(refused.value);
    const run = runId(plan.release, now.value, tail());
    last = await appendOpened(options, run, environment.value.seq, saved.value);
    if (last.ok || last.problems.every((problem) => problem.code !== "BATON-JOURNAL-SEQUENCE")) return last;
  }
  return last;
}

/** One commit, so that no crash leaves a run that is opened and waits for an approval which somebody has given. */
async function appendOpened(
  { journal, plan, by, approvedBy }: OpenRunOptions,
  run: string,
  environmentSeq: number,
  planBytes: string,
): Promise<Result<string>> {
  const { platform, environment, release, from, hash: planHash } = plan;
  const listed = environmentRunOpened({ run, release, from, planHash, by });
  const opened = toNewEvent({
    type: "run.opened",
    run,
    platform,
    environment,
    release,
    from,
    planHash,
    planBytes,
    by,
  });
  const stored = await journal.append(
    [
      { stream: streams.environment(environment), expectedSeq: environmentSeq, events: [listed] },
      { stream: streams.run(run), expectedSeq: 0, events: [opened] },
      {
        stream: streams.control(run),
        expectedSeq: 0,
        events:
          approvedBy === undefined ? [] : [toNewEvent({ type: "run.approved", planHash, by: approvedBy })],
      },
    ],
    null,
  );
  return stored.ok ? ok(run) : stored;
}

const alwaysMoving = (environment: string): Problem => ({
  code: "BATON-RUN-BUSY",
  message: `Others kept opening runs in ${environment} at the same moment.`,
  remedy: "Try again.",
});
