import { ServiceRetireInput } from "../actions/kinds/service-retire.ts";
import { TrafficShiftInput } from "../actions/kinds/traffic-shift.ts";
import type { PlanStep } from "../model/plan.ts";
import type { Problem } from "../problem.ts";
import { ancestorsOf } from "./ancestors.ts";
import type { Provable } from "./proofs.ts";

/** A version is stopped only when no tenant's requests go to it any more (`BATON-PLAN-RETIRE`). */
export function proveRetires({ index, places, paths }: Provable): readonly Problem[] {
  return index.plan.steps.flatMap((step): Problem[] => {
    const input = step.kind === "service.retire" ? ServiceRetireInput.safeParse(step.input) : null;
    if (!input?.success) return [];
    const { service } = input.data;
    const before = ancestorsOf(index, step.id);
    const moved = new Set(
      index.plan.steps
        .filter((other) => before.has(other.id) && movesAll(other, service))
        .flatMap((other) => other.units),
    );
    const left = index.plan.tenants.map((tenant) => tenant.id).filter((tenant) => !moved.has(tenant));
    if (left.length === 0) return [];
    return [
      {
        code: "BATON-PLAN-RETIRE",
        message: `\`${step.id}\` would stop the version that still answers ${shorten(left)}.`,
        remedy: `Before it, shift 100 percent of \`${service}\` to the new version for every tenant.`,
        where: places(paths.get(step.id) ?? ""),
      },
    ];
  });
}

/** Whether a step moves all requests of its tenants to the release's version of a service. */
export function movesAll(step: PlanStep, service: string): boolean {
  const input = step.kind === "traffic.shift" ? TrafficShiftInput.safeParse(step.input) : null;
  return input?.success === true && input.data.service === service && input.data.percent === 100;
}

/** The first few names of a list, and how many more. */
export const shorten = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
