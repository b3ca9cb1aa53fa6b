import type { LoadedRun } from "@baton/conductor";
import {
  type ActionContext,
  failed,
  fillTemplates,
  type Json,
  ok,
  type PlanStep,
  type Problem,
  type Result,
  SOLE_UNIT,
  stepState,
  type Tenant,
  type UnitState,
  unitState,
} from "@baton/core";
import { restoredAt } from "@baton/journal";
import type { Session } from "./session.ts";

type Looks = Pick<Session, "journal" | "performers" | "ports">;

/** An effect that the journal says is done, and nothing of the same unit after it. */
interface Outermost {
  readonly step: PlanStep;
  readonly unit: string;
  readonly state: UnitState;
}

/**
 * Whether a run may go on from what its journal says. A journal that was brought back from a backup is older than the world: what
 * it calls done is looked for, and where it is not there the run is not driven on (`BATON-RUN-MOVED`). A journal that was never
 * brought back, or has been driven from since, is believed.
 */
export async function checkMovedWorld(
  looks: Looks,
  loaded: LoadedRun,
  signal: AbortSignal,
): Promise<Result<void>> {
  const restored = await restoredAt(looks.journal);
  if (!restored.ok) return restored;
  if (restored.value === null || loaded.state.status === "rolling-back") return ok(undefined);
  if (loaded.position > restored.value) return ok(undefined);
  const tenants = new Map(loaded.plan.tenants.map((tenant) => [tenant.id, tenant]));
  const problems: Problem[] = [];
  for (const effect of outermost(loaded)) {
    const problem = await look(looks, loaded, effect, tenants, signal);
    if (problem !== null) problems.push(problem);
  }
  return problems.length > 0 ? failed(...problems) : ok(undefined);
}

/** For each tenant the last effect that is done and leaves something; of steps for all of them, each. */
function outermost({ plan, state }: LoadedRun): readonly Outermost[] {
  const last = new Map<string, Outermost>();
  for (const step of plan.steps)
    for (const unit of step.units) {
      const found = unitState(stepState(state, step.id), unit);
      if (found.status === "done" && found.intended && step.undo !== "inert")
        last.set(unit === SOLE_UNIT ? step.id : unit, { step, unit, state: found });
    }
  return [...last.values()];
}

async function look(
  { performers, ports }: Looks,
  { plan, run }: LoadedRun,
  { step, unit, state }: Outermost,
  tenants: ReadonlyMap<string, Tenant>,
  signal: AbortSignal,
): Promise<Problem | null> {
  const performer = performers.get(step.kind);
  if (performer === undefined) return null;
  const input: Json = step.fanOut ? fillTemplates(step.input, { tenant: unit }) : step.input;
  const tenant = step.fanOut ? (tenants.get(unit) ?? null) : null;
  const context: ActionContext = {
    ports,
    plan,
    run,
    step: step.id,
    tenant,
    epoch: 0,
    signal,
    progress: () => {},
  };
  const seen = await performer.observe(input, state.before, context);
  if (seen.state === "present") return null;
  const named = unit === SOLE_UNIT ? step.id : `${step.id} for ${unit}`;
  return {
    code: "BATON-RUN-MOVED",
    message: `The journal was brought back from a backup and says that ${named} is done; seen is: ${seen.state}. ${seen.detail}`,
    remedy:
      "The world has moved on since that backup. Take the run back with `npx baton rollback`, which looks at each effect before it touches it, and plan anew.",
    details: { step: step.id, unit, seen: seen.state },
  };
}
