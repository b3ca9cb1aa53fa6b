import type { Fault, FaultKind } from "./script.ts";

/** Which fault befalls the next try of a unit, used up as tries are made. */
export interface FaultPlan {
  next(step: string, unit: string, direction: "do" | "undo"): FaultKind | null;
}

/** Faults of one script; several on the same unit befall it one after the other. */
export function faultPlan(faults: readonly Fault[]): FaultPlan {
  const left = faults.map((fault) => ({ fault, times: fault.times ?? Number.POSITIVE_INFINITY }));
  return {
    next: (step, unit, direction) => {
      const entry = left.find(
        ({ fault, times }) =>
          times > 0 && fault.step === step && fault.unit === unit && fault.direction === direction,
      );
      if (entry === undefined) return null;
      entry.times--;
      return entry.fault.kind;
    },
  };
}
