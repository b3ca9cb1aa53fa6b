import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import type { Problem } from "../problem.ts";
import { stepState, unitState } from "./accessors.ts";
import { goesBackRefusal, stoppingRefusal, unknownNames } from "./control-refusals.ts";
import { needsAllTenants } from "./manner.ts";

/** The cause with which a tenant that was taken back is parked. */
export const takenBack = (tenant: string, by: string, reason: string): Problem => ({
  code: TAKEN_BACK,
  message: `${tenant} was taken back by ${by}: ${reason}`,
  remedy: `Bring it forward again with \`baton retry --tenant ${tenant}\`.`,
});

const TAKEN_BACK: Problem["code"] = "BATON-TENANT-TAKEN-BACK";

/** Whether a tenant is parked because a person took it back: only a retry that names it brings it forward again. */
export const isTakenBack = (state: RunState, tenant: string): boolean =>
  state.parked.get(tenant)?.code === TAKEN_BACK;

/**
 * Why one tenant cannot be taken back now; null when it can. Past what needs every tenant, such as retiring the old services, there
 * is nothing for it to go back to: then only the whole run can be taken back.
 */
export function tenantRollbackRefusal(index: PlanIndex, state: RunState, tenant: string): Problem | null {
  const early = unknownNames(index, state, null, tenant) ?? stoppingRefusal(state);
  if (early !== null) return early;
  if (state.rollback !== null) return goesBackRefusal(state);
  const tooLate = index.plan.steps.find(
    (step) => needsAllTenants(step) && stepState(state, step.id).status !== "pending",
  );
  if (tooLate !== undefined) return onlyWhole(state, tenant, tooLate.id);
  const asked = state.asked.some((one) => one.kind === "tenant-back" && one.tenant === tenant);
  const going = state.goingBack.get(tenant);
  const stuck = going?.step != null && stepState(state, going.step).spent.has(tenant);
  if (asked || (going !== undefined && !stuck)) return already(state, tenant, "is being taken back");
  if (isTakenBack(state, tenant) && !stuck) return already(state, tenant, "is taken back");
  const touched = index.plan.steps.some(
    (step) => step.fanOut && unitState(stepState(state, step.id), tenant).touched,
  );
  return touched || state.status === "running" ? null : already(state, tenant, "was not touched");
}

const onlyWhole = (state: RunState, tenant: string, step: string): Problem => ({
  code: "BATON-RUN-NO-TENANT-BACK",
  message: `${tenant} cannot be taken back alone: ${step} has begun, which no tenant can be behind.`,
  remedy: "Take the whole run back with `baton rollback`.",
  details: { run: state.run, tenant, step },
});

const already = (state: RunState, tenant: string, how: string): Problem => ({
  code: "BATON-RUN-NO-TENANT-BACK",
  message: `${tenant} ${how}: nothing is left to take back.`,
  remedy: `See \`baton explain\`; bring it forward again with \`baton retry --tenant ${tenant}\`.`,
  details: { run: state.run, tenant },
});
