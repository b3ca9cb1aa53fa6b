import { randomBytes } from "node:crypto";
import {
  type Actor,
  failed,
  type Journal,
  locksOf,
  ok,
  type Plan,
  type Problem,
  type Result,
} from "@baton/core";
import { environmentRunOpened, readEnvironment } from "./environment-runs.ts";
import { toNewEvent } from "./event-codec.ts";
import { openingRefusal } from "./opening-refusal.ts";
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

/** Tries again when somebody else opened or ended a run between reading and appending; a few tries always settle it. */
const TRIES = 10;

/**
 * Opens a run of a plan and gives its id. The plan's bytes are stored first. The run takes its locks in the commit that opens it,
 * also those of a run it supersedes. Whoever holds one of them is named: `BATON-RUN-OPEN`, also where two are opened at the same
 * moment; `BATON-RUN-UNFINISHED` for one that ended half-way; `BATON-RUN-LOCKED` for parked tenants; `BATON-RUN-SUPERSEDE` where
 * the plan supersedes a run that is none of these.
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
    const refused = await openingRefusal(journal, plan, environment.value.runs);
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
  const { supersedes } = plan;
  const listed = environmentRunOpened({
    ...{ run, release, from, planHash, by, locks: [...locksOf(plan)] },
    ...(supersedes === undefined ? {} : { supersedes }),
  });
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
