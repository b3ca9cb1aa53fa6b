import type { Json, PlanIndex, RunState, RunSummary } from "@baton/core";
import type { WorkloadStats } from "@baton/session";

/** All that a renderer of a run may look at. */
export interface RunView {
  readonly index: PlanIndex;
  readonly state: RunState;
  /** `summarize(index, state, now)`. */
  readonly summary: RunSummary;
  /** Passing figures by effect key, as the journal keeps them. */
  readonly progress: Readonly<Record<string, Json>>;
  /** What the users at work say; null where they say nothing. */
  readonly traffic: WorkloadStats | null;
  /** Why `traffic` is null. */
  readonly trafficReason?: string;
}
