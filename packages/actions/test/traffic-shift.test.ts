import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { trafficShift } from "../src/traffic-shift/performer.ts";
import { contextOf, makeRoutes } from "./routes.ts";
import { codeOf, must } from "./tenants-migrate/fixture.ts";

const plan = aPlan({ steps: [] });
const shift = trafficShift();
const input = { service: "api", from: "1.0.0", to: "2.0.0", percent: 50, drainSeconds: 0 };

test("P010 a shift that stood still between its intent and its PUT is refused once a newer conductor undid it", async () => {
  const routes = makeRoutes("1.0.0");
  const context = contextOf(routes.ports, plan, "t1");
  const before = must(await shift.before(input, context));
  expect((await shift.observe(input, before, context)).state).toBe("absent");
  must(await shift.undo(input, before, null, "k/undo", context));
  expect(routes.get("t1")).toMatchObject({ weights: { "1.0.0": 100 }, revision: before.revision + 1 });
  expect(codeOf(await shift.perform(input, before, "k/do", context))).toBe("BATON-TRAFFIC-REVISION");
  // Undone again it has nothing left to shut out.
  must(await shift.undo(input, before, null, "k/undo", context));
  expect(routes.get("t1").revision).toBe(before.revision + 1);
});

test("a shift that is called off while it reads the route sets nothing, forward and back", async () => {
  const routes = makeRoutes("1.0.0");
  const cut = new AbortController();
  const reading = {
    ...routes.ports,
    traffic: {
      ...routes.ports.traffic,
      route: async (service: string, tenant: string) => {
        cut.abort();
        return routes.ports.traffic.route(service, tenant);
      },
    },
  };
  const before = must(await shift.before(input, contextOf(routes.ports, plan, "t1")));
  const context = contextOf(reading, plan, "t1", cut.signal);
  expect(codeOf(await shift.perform(input, before, "k/do", context))).toBe("BATON-ACTION-CANCELLED");
  expect(codeOf(await shift.undo(input, before, null, "k/undo", context))).toBe("BATON-ACTION-CANCELLED");
  expect(routes.get("t1").revision).toBe(0);
});

test.each([
  ["the version before", { "1.0.0": 100 }, []],
  ["shares between the two", { "1.0.0": 90, "2.0.0": 10 }, []],
  ["the very share", { "1.0.0": 50, "2.0.0": 50 }, []],
  ["more to the new one already", { "1.0.0": 10, "2.0.0": 90 }, ["BATON-TRAFFIC-UNEXPECTED"]],
  ["a version of another release", { "0.9.0": 30, "1.0.0": 70 }, ["BATON-TRAFFIC-UNEXPECTED"]],
])("a shift to 50 % is checked against where the route is: %s", async (_what, weights, codes) => {
  const routes = makeRoutes("1.0.0");
  routes.set("t1", weights);
  const problems = await shift.check(input, contextOf(routes.ports, plan, "t1"));
  expect(problems.map(({ code }) => code)).toEqual(codes);
  for (const { message } of problems) expect(message).toContain("t1");
});

const hotfix = {
  ...{ service: "api", from: "1.0.0", to: "2.0.1", drainSeconds: 0 },
  observed: { t1: { "2.0.0": 100 }, t2: { "1.0.0": 50, "2.0.0": 50 }, t4: { "2.0.1": 20, "2.0.0": 80 } },
};

test("a superseding shift moves each tenant from where it was found, and its undo brings it back exactly there", async () => {
  const routes = makeRoutes("1.0.0");
  for (const [tenant, weights] of Object.entries(hotfix.observed)) routes.set(tenant, weights);
  for (const [tenant, half] of [
    ["t1", { "2.0.0": 50, "2.0.1": 50 }],
    ["t2", { "1.0.0": 25, "2.0.0": 25, "2.0.1": 50 }],
    ["t3", { "1.0.0": 50, "2.0.1": 50 }],
    ["t4", { "2.0.0": 50, "2.0.1": 50 }],
  ] as const) {
    const context = contextOf(routes.ports, plan, tenant);
    const found = routes.get(tenant).weights;
    const [canary, drain] = [
      { ...hotfix, percent: 50 },
      { ...hotfix, percent: 100 },
    ];
    expect(await shift.check(canary, context)).toEqual([]);
    const first = must(await shift.before(canary, context));
    must(await shift.perform(canary, first, "k/canary", context));
    expect(routes.get(tenant).weights).toEqual(half);
    expect(await shift.check(drain, context)).toEqual([]);
    const second = must(await shift.before(drain, context));
    must(await shift.perform(drain, second, "k/drain", context));
    expect(routes.get(tenant).weights).toEqual({ "2.0.1": 100 });
    // Behind a later share the earlier one is there as well.
    expect((await shift.observe(canary, first, context)).state).toBe("present");
    must(await shift.undo(drain, second, null, "k/drain/undo", context));
    must(await shift.undo(canary, first, null, "k/canary/undo", context));
    expect(routes.get(tenant).weights).toEqual(found);
  }
});

test.each([
  ["t1", "where it was found", { "2.0.0": 100 }, []],
  ["t1", "on the way from there", { "2.0.0": 70, "2.0.1": 30 }, []],
  ["t1", "the version before the release", { "1.0.0": 100 }, ["BATON-TRAFFIC-UNEXPECTED"]],
  ["t2", "on the way from there", { "1.0.0": 40, "2.0.0": 40, "2.0.1": 20 }, []],
  ["t2", "one of those it was found on", { "2.0.0": 100 }, ["BATON-TRAFFIC-UNEXPECTED"]],
  ["t3", "a version others were found on", { "2.0.0": 100 }, ["BATON-TRAFFIC-UNEXPECTED"]],
])(
  "a superseding shift of %s is checked against where it was found: %s",
  async (tenant, _what, weights, codes) => {
    const routes = makeRoutes("1.0.0");
    routes.set(tenant, weights);
    const problems = await shift.check({ ...hotfix, percent: 50 }, contextOf(routes.ports, plan, tenant));
    expect(problems.map(({ code }) => code)).toEqual(codes);
  },
);
