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
