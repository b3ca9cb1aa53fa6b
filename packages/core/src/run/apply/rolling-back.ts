import { OrderedSet, Map as PMap } from "immutable";
import type { RunState } from "../../model/run-state.ts";
import type { PlanIndex } from "../../plan/index-plan.ts";
import { isBegun, stepState } from "../accessors.ts";
import { anomaly } from "./anomaly.ts";
import type { EventOf } from "./event-of.ts";
import { enqueue } from "./queue.ts";
import { undoAgain } from "./way-back.ts";

/**
 * `run.rolling-back`: the run turns round. From here on a step waits for its dependants: for those that began, since a step
 * that never began holds nothing (and nothing behind it can have begun).
 */
export function applyRollingBack(
  index: PlanIndex,
  state: RunState,
  event: EventOf<"run.rolling-back">,
  at: number,
): RunState {
  if (state.status !== "opened" && state.status !== "running")
    return anomaly(state, at, event.type, `the run is ${state.status}`);
  let open = PMap<string, number>();
  const ready: string[] = [];
  for (const id of index.order) {
    if (!isBegun(stepState(state, id))) continue;
    const followers = (index.dependants.get(id) ?? []).filter((next) => isBegun(stepState(state, next)));
    if (followers.length > 0) open = open.set(id, followers.length);
    else ready.push(id);
  }
  const turned: RunState = {
    ...[...state.goingBack].reduce(
      (next, [tenant, { step }]) => (step === null ? next : undoAgain(next, step, tenant, at)),
      state,
    ),
    // What was about to be undone keeps its place in the line.
    goingBack: state.goingBack.filter(({ step }) => step !== null),
    status: "rolling-back",
    waiting: null,
    returning: state.returning.clear(),
    asked: [],
    rollback: state.rollback ?? { reason: event.reason, by: null, at },
    open,
    active: OrderedSet(ready.reverse()),
  };
  return turned.active.reduce((next, id) => enqueue(index, next, id, at), turned);
}
