import { MIGRATION_STAGES, TenantsMigrateInput } from "../actions/kinds/tenants-migrate.ts";
import type { Places } from "../documents/places.ts";
import type { PlanStep } from "../model/plan.ts";
import type { Release } from "../model/release.ts";
import type { Problem } from "../problem.ts";
import { takesOldShape } from "../run/manner.ts";
import { ancestorsOf } from "./ancestors.ts";
import { rollbackAfterHoldSeconds, secondsToHold } from "./estimates.ts";
import type { PlanIndex } from "./index-plan.ts";
import { proveRetires, shorten } from "./prove-retire.ts";

/** A compiled plan, and where its steps come from in the release's file. */
export interface Provable {
  readonly index: PlanIndex;
  readonly release: Release;
  readonly places: Places;
  /** Path in the file by step id. */
  readonly paths: ReadonlyMap<string, string>;
}

/** What must hold before anything moves: holds, order of stages, nobody left on a version that goes, budgets. All breaches at once. */
export const provePlan = (plan: Provable): readonly Problem[] => [
  ...proveHolds(plan),
  ...proveStages(plan),
  ...proveRetires(plan),
  ...proveBudgets(plan),
];

const placeOf = ({ places, paths }: Provable, step: string): Problem["where"] =>
  places(paths.get(step) ?? "");

const withWhere = (where: Problem["where"]): Pick<Problem, "where"> => (where === undefined ? {} : { where });

/** What cannot be taken back, or only row by row, stands behind a hold (`BATON-PLAN-HOLD`). */
function proveHolds(plan: Provable): readonly Problem[] {
  const { index } = plan;
  return index.plan.steps
    .filter((step) => (step.undo === "none" || takesOldShape(step)) && !index.behindHold.has(step.id))
    .map((step) => ({
      code: "BATON-PLAN-HOLD",
      message: `\`${step.id}\` (${step.title}) ${step.undo === "none" ? "cannot be taken back" : "is slow to take back"}, and no hold stands before it.`,
      remedy: "Put a phase with `hold: true` before it, with a bake time and an approval of its own.",
      ...withWhere(placeOf(plan, step.id)),
    }));
}

interface StageStep {
  readonly step: PlanStep;
  readonly migration: string;
  readonly rank: number;
}

/** A tenant goes through the stages in their order, and is contracted only when verified and switched. */
function proveStages(plan: Provable): readonly Problem[] {
  const stages = plan.index.plan.steps.flatMap((step): StageStep[] => {
    const input = step.kind === "tenants.migrate" ? TenantsMigrateInput.safeParse(step.input) : null;
    if (!input?.success) return [];
    return [{ step, migration: input.data.migration, rank: MIGRATION_STAGES.indexOf(input.data.stage) }];
  });
  return stages.flatMap((stage) => {
    const before = ancestorsOf(plan.index, stage.step.id);
    const units = new Set(stage.step.units);
    const others = stages.filter(
      (other) => other.migration === stage.migration && other.step.units.some((unit) => units.has(unit)),
    );
    const problems = others
      .filter((other) => other.rank < stage.rank && !before.has(other.step.id))
      .map((other): Problem => outOfOrder(plan, stage.step, other.step));
    if (MIGRATION_STAGES[stage.rank] !== "contract") return problems;
    return [...problems, ...proveContract(plan, stage, others, before)];
  });
}

const outOfOrder = (plan: Provable, step: PlanStep, other: PlanStep): Problem => ({
  code: "BATON-PLAN-STAGE",
  message: `\`${step.id}\` does not wait for \`${other.id}\`, an earlier stage of the same tenants.`,
  remedy: `Stages go ${MIGRATION_STAGES.join(", ")}; put the steps in this order.`,
  ...withWhere(placeOf(plan, step.id)),
});

function proveContract(
  plan: Provable,
  contract: StageStep,
  others: readonly StageStep[],
  before: ReadonlySet<string>,
): readonly Problem[] {
  return (["verify", "switch"] as const).flatMap((needed): Problem[] => {
    const rank = MIGRATION_STAGES.indexOf(needed);
    const ready = new Set(
      others
        .filter((other) => other.rank === rank && before.has(other.step.id))
        .flatMap((other) => other.step.units),
    );
    const left = contract.step.units.filter((unit) => !ready.has(unit));
    if (left.length === 0) return [];
    return [
      {
        code: "BATON-PLAN-CONTRACT",
        message: `\`${contract.step.id}\` would take the old shape from tenants without \`${needed}\`: ${shorten(left)}.`,
        remedy: `Have \`${needed}\` of ${contract.migration} done for every tenant before contract.`,
        ...withWhere(placeOf(plan, contract.step.id)),
      },
    ];
  });
}

/** The plan keeps the release's budgets, as far as estimates can say. */
function proveBudgets({ index, release, places }: Provable): readonly Problem[] {
  const { windowMinutes, rollbackMinutes, rollbackAfterHoldMinutes } = release.budgets;
  const problems: Problem[] = [];
  const toHold = secondsToHold(index);
  if (windowMinutes !== undefined && toHold > windowMinutes * 60) {
    problems.push({
      code: "BATON-PLAN-WINDOW",
      message: `Up to the hold the plan takes about ${Math.ceil(toHold / 60)} min; the window is ${windowMinutes} min.`,
      remedy: "Raise `limits.units`, split the release, or widen `budgets.windowMinutes`.",
      where: places("budgets.windowMinutes"),
    });
  }
  const rollback = index.plan.estimates.worstRollbackSeconds;
  if (rollback > rollbackMinutes * 60) {
    problems.push({
      code: "BATON-PLAN-ROLLBACK",
      message: `Rollback takes about ${Math.ceil(rollback / 60)} min at worst; the budget is ${rollbackMinutes} min.`,
      remedy: "Raise `limits.units`, split the release, or raise `budgets.rollbackMinutes`.",
      where: places("budgets.rollbackMinutes"),
    });
  }
  const afterHold = rollbackAfterHoldSeconds(index);
  if (index.behindHold.size > 0 && afterHold !== null && afterHold > rollbackAfterHoldMinutes * 60) {
    problems.push({
      code: "BATON-PLAN-ROLLBACK",
      message: `Rollback from behind the hold takes about ${Math.ceil(afterHold / 60)} min; the budget is ${rollbackAfterHoldMinutes} min.`,
      remedy: "Raise `limits.units`, split the release, or raise `budgets.rollbackAfterHoldMinutes`.",
      where: places("budgets.rollbackAfterHoldMinutes"),
    });
  }
  return problems;
}
