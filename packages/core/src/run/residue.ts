import { z } from "zod";
import { Residue } from "../model/residue.ts";
import type { RunState } from "../model/run-state.ts";
import type { PlanIndex } from "../plan/index-plan.ts";
import { stepState } from "./accessors.ts";
import { takesOldShape } from "./manner.ts";

const WithResidue = z.object({ residue: z.array(Residue) });

/** Residue of one kind over all tenants of a contract. */
export interface ResidueOverall extends Residue {
  readonly step: string;
  /** Tenants it was measured for, of those the step contracts. */
  readonly tenants: { readonly measured: number; readonly total: number };
}

/**
 * What the run's contracts left of the old shape, summed over tenants as each contract measured it. A tenant that could not be
 * measured, or is not contracted yet, makes it unknown. Nothing before a contract, and nothing once the run goes back.
 */
export function residueOf(index: PlanIndex, state: RunState): readonly ResidueOverall[] {
  if (state.rollback !== null) return [];
  return index.plan.steps.filter(takesOldShape).flatMap((step): ResidueOverall[] => {
    const measured = [...stepState(state, step.id).units.values()].flatMap((unit) => {
      const parsed = unit.status === "done" ? WithResidue.safeParse(unit.output) : null;
      return parsed?.success ? [parsed.data.residue] : [];
    });
    const ids = [...new Set(measured.flat().map(({ id }) => id))];
    return ids.flatMap((id) => {
      const ones = measured.flatMap((residue) => residue.find((one) => one.id === id) ?? []);
      return overall(step.id, ones, step.units.length);
    });
  });
}

function overall(step: string, ones: readonly Residue[], total: number): ResidueOverall[] {
  const [first] = ones;
  if (first === undefined) return [];
  const whole = ones.length === total;
  const unknown = ones.find(({ state }) => state === "unknown");
  const there = ones.find(({ state }) => state === "there");
  const state = unknown !== undefined || !whole ? "unknown" : there !== undefined ? "there" : "gone";
  const rows = ones.every((one) => one.rows !== null)
    ? ones.reduce((sum, one) => sum + (one.rows ?? 0), 0)
    : null;
  const left = ones.filter((one) => one.state !== "gone");
  const dated = left.every((one) => one.goneAt !== null);
  const speaks = unknown ?? there ?? first;
  return [
    {
      id: first.id,
      title: first.title,
      step,
      state,
      rows,
      found: !whole
        ? `measured for ${ones.length} of ${total} tenants`
        : rows === null
          ? speaks.found
          : `${rows} rows`,
      goneAt: dated
        ? (left
            .map((one) => one.goneAt ?? "")
            .sort()
            .at(-1) ?? null)
        : null,
      until: speaks.until,
      measuredAt:
        ones
          .map((one) => one.measuredAt)
          .sort()
          .at(-1) ?? first.measuredAt,
      tenants: { measured: ones.length, total },
    },
  ];
}
