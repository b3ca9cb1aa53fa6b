import { OrderedSet, Map as PMap } from "immutable";
import type { Json } from "../json.ts";
import type { RunState, StepState } from "../model/run-state.ts";
import { failed, ok, type Result } from "../problem.ts";
import { SnapshotState } from "./snapshot-schema.ts";

/** Version of the snapshot's shape. A snapshot of another version is not read: the events are folded again. */
export const SNAPSHOT_VERSION = 5;

/** A run's state as JSON. Equal states give equal JSON: what has no order is sorted. */
export function toSnapshot(state: RunState): Json {
  const { steps, active, failed: failedSteps, open, parked, returning, reopened, ...rest } = state;
  const { goingBack, ...plain } = rest;
  return {
    version: SNAPSHOT_VERSION,
    ...(plain as unknown as { readonly [key: string]: Json }),
    active: active.toArray(),
    failed: failedSteps.toArray(),
    open: sorted(open),
    parked: sorted(parked),
    returning: returning.toArray(),
    reopened: reopened.toArray(),
    goingBack: sorted(goingBack),
    steps: sorted(steps).map(([id, step]) => [id, stepToJson(step)]),
  } as unknown as Json;
}

/** The state a snapshot holds; `BATON-RUN-SNAPSHOT` where it is of another version or damaged. Fold the events instead. */
export function fromSnapshot(snapshot: Json): Result<RunState> {
  const parsed = SnapshotState.safeParse(snapshot);
  if (!parsed.success)
    return failed({
      code: "BATON-RUN-SNAPSHOT",
      message: `The snapshot cannot be read: ${parsed.error.issues[0]?.message ?? "unknown shape"}.`,
      remedy: "Nothing is lost: read the run's events from the first.",
    });
  const { version: _, steps, active, failed: failedSteps, open, parked, ...rest } = parsed.data;
  const { returning, reopened, goingBack, ...plain } = rest;
  return ok({
    ...plain,
    active: OrderedSet(active),
    failed: OrderedSet(failedSteps),
    open: PMap(open),
    parked: PMap(parked),
    returning: OrderedSet(returning),
    reopened: OrderedSet(reopened),
    goingBack: PMap(goingBack),
    steps: PMap(steps.map(([id, step]) => [id, stepFromJson(step)] as const)),
  });
}

function stepToJson(step: StepState): Json {
  const { units, underWay, failing, spent, ...plain } = step;
  return {
    ...plain,
    units: sorted(units),
    underWay: underWay.toArray(),
    failing: failing.toArray(),
    spent: spent.toArray(),
  } as unknown as Json;
}

type SnapshotStep = SnapshotState["steps"][number][1];

const stepFromJson = ({ units, underWay, failing, spent, ...plain }: SnapshotStep): StepState => ({
  ...plain,
  units: PMap(units),
  underWay: OrderedSet(underWay),
  failing: OrderedSet(failing),
  spent: OrderedSet(spent),
});

const sorted = <Value>(map: PMap<string, Value>): (readonly [string, Value])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
