import type { Json } from "../json.ts";
import type { Plan, PlanStep } from "../model/plan.ts";
import { canonicalJson } from "./canonical.ts";

/** A field that differs; null where it is missing. */
export interface Difference {
  /** As in `input.stage` or `after[1]`. */
  readonly path: string;
  readonly a: Json;
  readonly b: Json;
}

/** What differs between two plans. */
export interface PlanDifferences {
  /** Whether what would be done is the same; estimates do not count. */
  readonly same: boolean;
  /** Steps that only `b` has, and that only `a` has, in their plan's order. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly step: string; readonly fields: readonly Difference[] }[];
  /** Fields of the plan itself. */
  readonly plan: readonly Difference[];
}

/** Estimates are not covered by the hash; steps are compared one by one; a hash says no more than that something differs. */
const NOT_COMPARED = new Set(["hash", "estimates", "steps"]);
const ESTIMATED = new Set(["seconds", "undoSeconds"]);

/** Compares two plans: what one would do and the other would not, and where both would do it otherwise. */
export function comparePlans(a: Plan, b: Plan): PlanDifferences {
  const [inA, inB] = [a, b].map((plan) => new Map(plan.steps.map((step) => [step.id, step])));
  const changed = a.steps.flatMap((step) => {
    const other = inB?.get(step.id);
    const fields = other === undefined ? [] : differences(told(step), told(other), "");
    return fields.length === 0 ? [] : [{ step: step.id, fields }];
  });
  return {
    same: a.hash === b.hash,
    added: b.steps.flatMap(({ id }) => (inA?.has(id) ? [] : [id])),
    removed: a.steps.flatMap(({ id }) => (inB?.has(id) ? [] : [id])),
    changed,
    plan: differences(without(a, NOT_COMPARED), without(b, NOT_COMPARED), ""),
  };
}

const told = (step: PlanStep): Json => without(step, ESTIMATED);

const without = (value: object, names: ReadonlySet<string>): Json =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name))) as Json;

function differences(a: Json | undefined, b: Json | undefined, path: string): readonly Difference[] {
  if (a === undefined || b === undefined) return [{ path, a: a ?? null, b: b ?? null }];
  if (canonicalJson(a) === canonicalJson(b)) return [];
  if (!isBranch(a) || !isBranch(b) || Array.isArray(a) !== Array.isArray(b)) return [{ path, a, b }];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  const under = (name: string) =>
    Array.isArray(a) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
  return [...names].flatMap((name) => differences(at(a, name), at(b, name), under(name)));
}

const isBranch = (value: Json): value is Json & object => typeof value === "object" && value !== null;

const at = (value: Json & object, name: string): Json | undefined =>
  Object.hasOwn(value, name) ? (value as Readonly<Record<string, Json>>)[name] : undefined;
