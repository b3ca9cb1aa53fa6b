import { randomBytes } from "node:crypto";
import { type Actor, failed, type Journal, ok, type Plan, type Problem, type Result } from "@baton/core";
import { environmentRunOpened, type RunSummary, readEnvironment } from "./environment-runs.ts";
import { toNewEvent } from "./event-codec.ts";
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

/** Tries again when somebody else opened or ended a run between reading and appending; a few tries always settle it. */
const TRIES = 10;

/**
 * Opens a run of a plan and gives its id. The plan's bytes are stored first. An environment has one open run at most:
 * `BATON-RUN-OPEN` names it, also where two are opened at the same moment.
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
    const open = environment.value.runs.find((run) => run.ended === null);
    if (open) return failed(alreadyOpen(plan.environment, open));
    const run = runId(plan.release, now.value, tail());
    last = await appendOpened(options, run, environment.value.seq);
    if (last.ok || last.problems.every((problem) => problem.code !== "BATON-JOURNAL-SEQUENCE")) return last;
  }
  return last;
}

/** One commit, so that no crash leaves a run that is opened and waits for an approval which somebody has given. */
async function appendOpened(
  { journal, plan, by, approvedBy }: OpenRunOptions,
  run: string,
  environmentSeq: number,
): Promise<Result<string>> {
  const { platform, environment, release, from, hash: planHash } = plan;
  const listed = environmentRunOpened({ run, release, from, planHash, by });
  const opened = toNewEvent({ type: "run.opened", run, platform, environment, release, from, planHash, by });
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
