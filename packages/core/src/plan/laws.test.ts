import { compiledPlans, compileInputs, freePlans, sha256 } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Plan } from "../model/plan.ts";
import { ancestorsOf } from "./ancestors.ts";
import { canonicalJson } from "./canonical.ts";
import { compilePlan } from "./compile.ts";
import { planHash } from "./hash.ts";
import { indexPlan } from "./index-plan.ts";
import { topologicalOrder } from "./order.ts";
import { planWaves } from "./waves.ts";

/** The same value with the keys of every object in another order. */
const shuffleKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffleKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffleKeys(item)]),
  );
};

describe("every compiled plan", () => {
  test("is a plan by its schema, and its hash is that of its bytes", () => {
    fc.assert(
      fc.property(compiledPlans(), (plan) => {
        expect(Plan.parse(plan)).toEqual(plan);
        expect(plan.hash).toBe(planHash(plan, sha256));
      }),
    );
  });

  test("is a DAG whose order has no step ahead of one it waits for (M160)", () => {
    fc.assert(
      fc.property(compiledPlans(), (plan) => {
        const index = indexPlan(plan);
        expect([...index.order].sort()).toEqual(plan.steps.map((step) => step.id).sort());
        const position = new Map(index.order.map((id, at) => [id, at]));
        for (const step of plan.steps) {
          for (const before of step.after) {
            expect(position.get(before)).toBeLessThan(position.get(step.id) ?? -1);
          }
        }
      }),
    );
  });

  test("has every wave behind the waves it waits for (M160)", () => {
    fc.assert(
      fc.property(compiledPlans(), (plan) => {
        const index = indexPlan(plan);
        const waves = planWaves(index);
        const waveOf = new Map(waves.flatMap((ids, wave) => ids.map((id) => [id, wave])));
        expect(waves.flat()).toHaveLength(plan.steps.length);
        for (const step of plan.steps) {
          for (const before of step.after) expect(waveOf.get(before)).toBeLessThan(waveOf.get(step.id) ?? -1);
        }
      }),
    );
  });

  test("takes rings one after the other, and no unit is in a step of another ring", () => {
    fc.assert(
      fc.property(compiledPlans(), (plan) => {
        const index = indexPlan(plan);
        const ringOf = new Map(plan.tenants.map((tenant) => [tenant.id, tenant.ring]));
        for (const phase of plan.phases.filter((one) => one.ring !== null)) {
          const earlier = plan.rings.slice(0, plan.rings.indexOf(phase.ring ?? ""));
          const before = plan.phases
            .filter((one) => earlier.includes(one.ring ?? ""))
            .flatMap((one) => one.steps);
          for (const id of phase.steps) {
            const ancestors = ancestorsOf(index, id);
            for (const other of before) expect(ancestors.has(other)).toBe(true);
            const units = index.steps.get(id)?.units ?? [];
            for (const unit of units) expect(ringOf.get(unit)).toBe(phase.ring);
          }
        }
      }),
    );
  });

  test("has nothing that cannot be taken back ahead of a hold", () => {
    fc.assert(
      fc.property(compiledPlans(), (plan) => {
        const { behindHold } = indexPlan(plan);
        for (const step of plan.steps) if (step.undo === "none") expect(behindHold.has(step.id)).toBe(true);
      }),
    );
  });

  test("counts no more seconds than its steps one by one, and no fewer than its longest", () => {
    fc.assert(
      fc.property(compiledPlans(), (plan) => {
        const seconds = plan.steps.map((step) => step.seconds);
        const sum = seconds.reduce((total, one) => total + one, 0);
        expect(plan.estimates.totalSeconds).toBeLessThanOrEqual(sum + 0.001);
        expect(plan.estimates.totalSeconds).toBeGreaterThanOrEqual(Math.max(0, ...seconds) - 0.001);
        for (const [at, id] of plan.estimates.criticalPath.entries()) {
          const before = plan.estimates.criticalPath[at - 1];
          if (before !== undefined) expect(indexPlan(plan).steps.get(id)?.after).toContain(before);
        }
      }),
    );
  });
});

describe("compiling", () => {
  test("is deterministic, whatever the order tenants and versions are seen in", () => {
    fc.assert(
      fc.property(compileInputs(), (input) => {
        const { tenants, services } = input.observed;
        const observed = {
          tenants: [...tenants].reverse(),
          services: Object.fromEntries(Object.entries(services).reverse()),
        };
        expect(canonicalJson(compilePlan({ ...input, observed }))).toBe(canonicalJson(compilePlan(input)));
      }),
    );
  });
});

describe("the hash", () => {
  test("is the same under another order of keys, and says nothing of estimates", () => {
    fc.assert(
      fc.property(freePlans(), fc.nat(), (plan, seconds) => {
        const guessed: Plan = {
          ...plan,
          estimates: { ...plan.estimates, totalSeconds: seconds },
          steps: plan.steps.map((step) => ({ ...step, seconds, undoSeconds: seconds })),
        };
        expect(planHash(guessed, sha256)).toBe(plan.hash);
        expect(planHash(Plan.parse(shuffleKeys(plan)), sha256)).toBe(plan.hash);
      }),
    );
  });

  test("is another when anything that will be done is another", () => {
    const changes: readonly ((plan: Plan) => Plan)[] = [
      (plan) => ({ ...plan, release: "R9" }),
      (plan) => ({ ...plan, environment: "other" }),
      (plan) => ({ ...plan, author: "ben" }),
      (plan) => ({
        ...plan,
        tenants: [...plan.tenants, { id: "t-new", ring: "all", database: "n", host: "db-1" }],
      }),
      (plan) => ({ ...plan, limits: { ...plan.limits, attempts: plan.limits.attempts + 1 } }),
      (plan) => ({ ...plan, onFailure: plan.onFailure === "wait" ? "rollback" : "wait" }),
      (plan) => ({
        ...plan,
        migrations: { reshape: { path: "migrations/reshape", digest: sha256("other") } },
      }),
      (plan) => ({
        ...plan,
        steps: plan.steps.map((step, at) => (at === 0 ? { ...step, input: { x: 1 } } : step)),
      }),
      (plan) => ({
        ...plan,
        steps: plan.steps.map((step, at) => (at === 0 ? { ...step, after: ["x"] } : step)),
      }),
      (plan) => ({
        ...plan,
        steps: plan.steps.map((step, at) => (at === 0 ? { ...step, units: ["x"] } : step)),
      }),
      (plan) => ({ ...plan, steps: plan.steps.slice(1) }),
      (plan) => ({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, hold: !phase.hold })) }),
      (plan) => ({ ...plan, assumptions: [{ subject: "x", value: 1, text: "x" }] }),
    ];
    fc.assert(
      fc.property(freePlans(), fc.constantFrom(...changes), (plan, change) => {
        expect(planHash(change(plan), sha256)).not.toBe(plan.hash);
      }),
    );
  });
});

describe("topological order", () => {
  const graphs = fc
    .array(fc.array(fc.nat({ max: 9 }), { maxLength: 4 }), { maxLength: 10 })
    .map((edges) => new Map(edges.map((after, id) => [String(id), after.map(String)])));

  test("either orders everything or prints a cycle that is one", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const after = (id: string) => graph.get(id) ?? [];
        const { order, cycle } = topologicalOrder([...graph.keys()], after);
        for (const [at, id] of order.entries()) {
          for (const before of after(id).filter((name) => graph.has(name))) {
            expect(order.indexOf(before)).toBeGreaterThanOrEqual(0);
            expect(order.indexOf(before)).toBeLessThan(at);
          }
        }
        if (cycle === null) expect(order).toHaveLength(graph.size);
        else {
          expect(cycle.length).toBeGreaterThan(1);
          expect(cycle.at(-1)).toBe(cycle[0]);
          for (const [at, id] of cycle.slice(0, -1).entries()) expect(after(id)).toContain(cycle[at + 1]);
        }
      }),
    );
  });
});
