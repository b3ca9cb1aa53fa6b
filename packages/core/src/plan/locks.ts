import { z } from "zod";
import type { Plan } from "../model/plan.ts";

/**
 * What a run keeps other runs from. `change`: it changes the subject, and nobody else may touch it or count on it. `rely`: it
 * counts on the subject staying as it is; others may as well. Subjects: `service:NAME`, `tenant:ID`.
 */
export const Lock = z.strictObject({ subject: z.string(), mode: z.enum(["change", "rely"]) });
export type Lock = z.infer<typeof Lock>;

/** The subject that stands for all of them: what a run holds that was opened before there were locks. */
export const EVERYTHING = "*";

/**
 * The locks a run of this plan takes: it changes the services its release brings or its steps name and the tenants its
 * fan-outs work on, and relies on every other version that was in service when it was planned, since its proof counts them in.
 * A step that changes something and names neither may change anything: `EVERYTHING`.
 */
export function locksOf(plan: Plan): readonly Lock[] {
  const changed = new Set(Object.keys(plan.services).map((service) => `service:${service}`));
  for (const step of plan.steps) {
    const { service } = step.input;
    if (typeof service === "string") changed.add(`service:${service}`);
    if (step.fanOut) for (const tenant of step.units) changed.add(`tenant:${tenant}`);
    else if (typeof service !== "string" && step.undo !== "inert") changed.add(EVERYTHING);
  }
  const relied = plan.assumptions
    .map(({ subject }) => subject)
    .filter((subject) => subject.startsWith("service:") && !changed.has(subject));
  return [
    ...[...changed].sort().map((subject): Lock => ({ subject, mode: "change" })),
    ...[...new Set(relied)].sort().map((subject): Lock => ({ subject, mode: "rely" })),
  ];
}

/** Subjects over which two runs cannot go on side by side, in order; empty where they do not meet. */
export function conflictsOf(mine: readonly Lock[], theirs: readonly Lock[]): readonly string[] {
  const meet = (a: Lock, b: Lock) =>
    (a.subject === b.subject || a.subject === EVERYTHING || b.subject === EVERYTHING) &&
    (a.mode === "change" || b.mode === "change");
  return mine.filter((one) => theirs.some((other) => meet(one, other))).map(({ subject }) => subject);
}
