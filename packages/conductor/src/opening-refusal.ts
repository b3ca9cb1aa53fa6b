import {
  conflictsOf,
  type Journal,
  locksOf,
  ok,
  type Plan,
  type Problem,
  type Result,
  rollbackRefusal,
} from "@baton/core";
import { isHalfway, type RunSummary } from "./environment-runs.ts";
import { loadRun } from "./load-run.ts";

/** Whoever holds a lock that a plan wants, and over what they meet. */
interface Holder {
  readonly run: RunSummary;
  readonly subjects: readonly string[];
}

/**
 * Why no run of this plan may be opened after these; null when one may. A later run would take from one that ended half-way the
 * right to be taken back, so it must say that it supersedes it. Where the other has lost that right by itself, past the point
 * of no return, only another run leads on, and none is asked.
 */
export async function openingRefusal(
  journal: Journal,
  plan: Plan,
  runs: readonly RunSummary[],
): Promise<Result<Problem | null>> {
  const wanted = locksOf(plan);
  const holders = runs
    .map((run): Holder => ({ run, subjects: conflictsOf(wanted, run.holds) }))
    .filter(({ subjects }) => subjects.length > 0);
  const open = holders.find(({ run }) => run.ended === null);
  if (open) return ok(alreadyOpen(plan, open));
  const { supersedes } = plan;
  if (
    supersedes !== undefined &&
    !runs.some((run) => run.run === supersedes && run.ended && run.holds.length > 0)
  )
    return ok(nothingToSupersede(plan, supersedes));
  for (const holder of holders) {
    if (holder.run.run === supersedes) continue;
    const refused = await refusalBy(journal, plan, holder);
    if (!refused.ok || refused.value !== null) return refused;
  }
  return ok(null);
}

/** Why an ended run does not let go of its locks. */
async function refusalBy(journal: Journal, plan: Plan, holder: Holder): Promise<Result<Problem | null>> {
  if (!isHalfway(holder.run)) return ok(locked(plan, holder));
  if (holder.run.ended?.outcome === "rolled-back") return ok(unfinished(plan, holder));
  const loaded = await loadRun(journal, holder.run.run);
  if (!loaded.ok) return loaded;
  const stays = rollbackRefusal(loaded.value.index, loaded.value.state) !== null;
  return ok(stays ? null : unfinished(plan, holder));
}

const detailsOf = ({ environment }: Plan, { run, subjects }: Holder) => ({
  run: run.run,
  environment,
  release: run.release,
  outcome: run.ended?.outcome ?? null,
  locks: [...subjects],
});

const alreadyOpen = (plan: Plan, holder: Holder): Problem => ({
  code: "BATON-RUN-OPEN",
  message: `The run ${holder.run.run} of ${holder.run.release}, opened by ${holder.run.by.name}, has not ended in ${plan.environment}, and ${overWhat(holder)}.`,
  remedy:
    "Let it go on with `baton run`, or take it back with `baton rollback`, before another one is opened.",
  details: detailsOf(plan, holder),
});

const unfinished = (plan: Plan, holder: Holder): Problem => ({
  code: "BATON-RUN-UNFINISHED",
  message: `The run ${holder.run.run} of ${holder.run.release} ended in ${plan.environment} with ${holder.run.ended?.outcome}: it is neither done nor taken back, and ${overWhat(holder)}.`,
  remedy: `See with \`baton explain\` why it stopped, and take it back with \`baton rollback\`; then open another one. Or go on from what is there with \`baton run ${plan.release} --supersede\`: then it can be taken back no more.`,
  details: detailsOf(plan, holder),
});

const locked = (plan: Plan, holder: Holder): Problem => ({
  code: "BATON-RUN-LOCKED",
  message: `The run ${holder.run.run} of ${holder.run.release} left tenants parked at their old shape, and ${overWhat(holder)}.`,
  remedy: `Bring them along with \`baton retry\`, or go on from what is there with \`baton run ${plan.release} --supersede\`.`,
  details: detailsOf(plan, holder),
});

const nothingToSupersede = (plan: Plan, run: string): Problem => ({
  code: "BATON-RUN-SUPERSEDE",
  message: `There is nothing to supersede in ${plan.environment}: ${run} holds nothing any more, or has not ended.`,
  remedy:
    "See `baton status`; then plan again, without --supersede where the last run is done or taken back.",
  details: { run, environment: plan.environment },
});

const SHOWN = 4;

/** The subjects as people say them: `still holds platform-api and t001, t002 and 3 more`. */
function overWhat({ subjects }: Holder): string {
  if (subjects.includes("*")) return "still holds everything here";
  const names = subjects.map((subject) => subject.replace(/^(service|tenant):/, ""));
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `still holds ${names.slice(0, SHOWN).join(", ")}${more}`;
}
