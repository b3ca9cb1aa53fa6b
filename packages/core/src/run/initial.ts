import { OrderedSet, Map as PMap } from "immutable";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";

/** A run of which nothing is journaled yet. */
export function initialState(index: PlanIndex, run: string): RunState {
  return {
    run,
    planHash: index.plan.hash,
    status: "opened",
    approvedBy: null,
    steps: PMap(),
    active: OrderedSet(index.roots),
    failed: OrderedSet(),
    remaining: index.steps.size,
    open: PMap([...index.dependencies].filter(([, count]) => count > 0)),
    parked: PMap(),
    returning: OrderedSet(),
    reopened: OrderedSet(),
    paused: null,
    stop: null,
    asked: [],
    scope: null,
    goingBack: PMap(),
    byHand: [],
    waiting: null,
    rollback: null,
    refused: null,
    ended: null,
    openedAt: null,
    startedAt: null,
    turns: 0,
    anomalies: { count: 0, last: null },
    at: 0,
  };
}
