import type { Plan } from "@baton/core";
import fc from "fast-check";
import { FAULT_KINDS, type Fault, type FaultKind, type Script, VERBS, type Verb } from "./script.ts";

/** How rough a run may get. */
export interface Roughness {
  readonly faults?: number;
  readonly crashes?: number;
  readonly rollbacks?: number;
  /** How many other things people say, and which. Default: none. */
  readonly verbs?: number;
  readonly only?: readonly Verb[];
  /** Faults of an undo that never end: those leave a rollback stuck. Default: none. */
  readonly stuckUndo?: boolean;
}

/** Scripts for a plan: faults on units it has, crashes and rollbacks at any moment. */
export function scriptsFor(plan: Plan, roughness: Roughness = {}): fc.Arbitrary<Script> {
  return fc.record({
    seed: fc.nat(),
    faults: fc.uniqueArray(faultsOf(plan, roughness.stuckUndo ?? false), {
      maxLength: roughness.faults ?? 4,
      selector: ({ step, unit, direction }) => `${step}/${unit}/${direction}`,
    }),
    crashesAt: fc.array(fc.nat({ max: 80 }), { maxLength: roughness.crashes ?? 3 }),
    rollbacksAt: fc.array(fc.nat({ max: 80 }), { maxLength: roughness.rollbacks ?? 1 }),
    verbs: fc.array(
      fc.record({ at: fc.nat({ max: 80 }), verb: fc.constantFrom(...(roughness.only ?? VERBS)) }),
      { maxLength: roughness.verbs ?? 0 },
    ),
    approve: fc.constant(true),
    approveGates: fc.boolean(),
  });
}

function faultsOf(plan: Plan, stuckUndo: boolean): fc.Arbitrary<Fault> {
  const targets = plan.steps.flatMap((step) => step.units.map((unit) => ({ step: step.id, unit })));
  const directions = fc.constantFrom("do" as const, "undo" as const);
  return fc
    .record({
      target: fc.constantFrom(...targets),
      direction: directions,
      kind: fc.constantFrom(...FAULT_KINDS),
      times: fc.constantFrom(1, 1, 2, null),
    })
    .map(({ target, direction, kind, times }) => ({
      ...target,
      direction,
      ...bounded(plan, direction, kind, times, stuckUndo),
    }));
}

/** A conductor that dies at the same place for ever, or never hears of an outcome, never gets on: no law says it should. */
function bounded(
  plan: Plan,
  direction: "do" | "undo",
  kind: FaultKind,
  times: number | null,
  stuckUndo: boolean,
): Pick<Fault, "kind" | "times"> {
  const deadly = kind.startsWith("crash") || kind === "outcome-lost";
  if (deadly) return { kind, times: times ?? 2 };
  if (direction === "do" || stuckUndo) return { kind, times };
  if (plan.limits.attempts < 2) return { kind: "crash-half-way", times: 1 };
  return { kind: kind === "for-good" ? "half-way" : kind, times: 1 };
}
