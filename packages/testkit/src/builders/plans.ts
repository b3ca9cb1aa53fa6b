import {
  estimatePlan,
  indexPlan,
  type Plan,
  type PlanStep,
  planHash,
  SOLE_UNIT,
  type Tenant,
} from "@baton/core";
import { sha256 } from "../arbitraries/sha256.ts";

/** A step in few words; what is left out is the plainest there is. */
export type StepDraft = Partial<Omit<PlanStep, "id" | "phase">> & { readonly id: string };

/** A plan in few words. */
export interface PlanDraft {
  readonly steps: readonly StepDraft[];
  /** Phases that are holds, by id. */
  readonly holds?: readonly string[];
  /** Tenant ids, all in one ring on one host; or whole tenants. */
  readonly tenants?: readonly (string | Tenant)[];
  readonly limits?: Partial<Plan["limits"]>;
  readonly onFailure?: Plan["onFailure"];
  readonly onParked?: Plan["onParked"];
  readonly author?: string;
  readonly release?: string;
  /** The run whose place a run of this plan takes. */
  readonly supersedes?: string;
}

/**
 * A plan for a test: ids are `phase.step`, a step with `units` fans out, without `kind` it is a deploy taken back at once. Valid
 * by the schema; neither compiled nor proved.
 */
export function aPlan(draft: PlanDraft): Plan {
  const tenants = (draft.tenants ?? []).map((tenant) =>
    typeof tenant === "string" ? { id: tenant, ring: "all", database: `db_${tenant}`, host: "db-1" } : tenant,
  );
  const steps = draft.steps.map(aStep);
  const phases = [...new Set(steps.map((step) => step.phase))].map((id) => ({
    id,
    title: id,
    ring: null,
    hold: draft.holds?.includes(id) ?? false,
    steps: steps.filter((step) => step.phase === id).map((step) => step.id),
  }));
  const plan: Plan = {
    format: 1,
    platform: "sample",
    environment: "local",
    release: draft.release ?? "R2",
    from: "R1",
    ...(draft.supersedes === undefined ? {} : { supersedes: draft.supersedes }),
    title: "Sample",
    author: draft.author ?? null,
    hash: "",
    rings: [...new Set(tenants.map((tenant) => tenant.ring))],
    tenants,
    services: {},
    migrations: {},
    limits: { units: 4, perHost: 4, attempts: 3, backoffSeconds: 1, failureBudget: 0, ...draft.limits },
    onFailure: draft.onFailure ?? "rollback",
    onParked: draft.onParked ?? "wait",
    phases,
    steps,
    assumptions: [],
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
  const estimated = { ...plan, estimates: estimatePlan(indexPlan(plan)) };
  return { ...estimated, hash: planHash(estimated, sha256) };
}

function aStep(draft: StepDraft): PlanStep {
  const dot = draft.id.indexOf(".");
  return {
    phase: dot < 0 ? "main" : draft.id.slice(0, dot),
    kind: "service.deploy",
    title: draft.id,
    after: [],
    input: {},
    units: [SOLE_UNIT],
    fanOut: draft.units !== undefined,
    undo: "instant",
    effect: "convergent",
    seconds: 1,
    undoSeconds: 1,
    ...draft,
  };
}
