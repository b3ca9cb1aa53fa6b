import { aPlan } from "@baton/testkit/builders/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { comparePlans } from "./compare-plans.ts";
import { indexPlan } from "./index-plan.ts";
import { stepTimes } from "./plan-times.ts";

const base = aPlan({
  tenants: ["t1"],
  steps: [
    { id: "a.one", seconds: 10 },
    { id: "a.two", seconds: 5, after: ["a.one"] },
  ],
});

test("a plan is the same as itself, and what only one of two has is named on its side", () => {
  expect(comparePlans(base, base)).toEqual({ same: true, added: [], removed: [], changed: [], plan: [] });
  const longer = aPlan({
    tenants: ["t1"],
    steps: [{ id: "a.one" }, { id: "a.two", after: ["a.one"] }, { id: "a.three", after: ["a.two"] }],
  });
  expect(comparePlans(base, longer)).toMatchObject({ same: false, added: ["a.three"], removed: [] });
  expect(comparePlans(longer, base)).toMatchObject({ same: false, added: [], removed: ["a.three"] });
});

test("a step that would be done otherwise tells the fields, and estimates are none", () => {
  const [one, two] = base.steps;
  if (one === undefined || two === undefined) throw new Error("the plan has two steps");
  const other = {
    ...base,
    hash: "other",
    steps: [
      { ...one, seconds: 99 },
      { ...two, after: [], input: { ...two.input, stage: "verify" } },
    ],
  };
  expect(comparePlans(base, other).changed).toEqual([
    {
      step: "a.two",
      fields: expect.arrayContaining([
        { path: "after[0]", a: "a.one", b: null },
        { path: "input.stage", a: null, b: "verify" },
      ]),
    },
  ]);
});

test("swapping the plans swaps the sides, whatever steps they have", () => {
  const ids = fc.uniqueArray(fc.constantFrom("a.a", "a.b", "a.c", "a.d"), { minLength: 1 });
  const plan = ids.map((steps) => aPlan({ steps: steps.map((id) => ({ id })) }));
  fc.assert(
    fc.property(plan, plan, (a, b) => {
      const [there, back] = [comparePlans(a, b), comparePlans(b, a)];
      expect(back.added).toEqual(there.removed);
      expect(back.removed).toEqual(there.added);
      expect(back.plan.map(({ path, a: x, b: y }) => ({ path, a: y, b: x }))).toEqual(there.plan);
    }),
  );
});

test("a step starts when all it waits for has ended", () => {
  expect(stepTimes(indexPlan(base))).toEqual([
    { step: "a.one", startsAt: 0, seconds: 10 },
    { step: "a.two", startsAt: 10, seconds: 5 },
  ]);
});
