import { failed } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { serviceRetire } from "../src/service-retire/performer.ts";
import { contextOf, makeRoutes } from "./routes.ts";

const retire = serviceRetire();
const input = { service: "api", version: "1.0.0" };

test("a version is not retired while a tenant goes to it, also one that came during the run", async () => {
  // t3 is not in the plan and has no route of its own: it goes where everybody went first.
  const routes = makeRoutes("1.0.0", ["t1", "t2", "t3"]);
  const context = contextOf(routes.ports, aPlan({ steps: [], tenants: ["t1", "t2"] }), null);
  routes.set("t1", { "2.0.0": 100 });
  routes.set("t2", { "1.0.0": 1, "2.0.0": 99 });
  const problems = await retire.check(input, context);
  expect(problems.map(({ code }) => code)).toEqual(["BATON-RETIRE-IN-USE"]);
  expect(problems[0]?.message).toContain("t2, t3");
  expect(problems[0]?.message).not.toContain("t1");
  routes.set("t2", { "1.0.0": 0, "2.0.0": 100 });
  routes.set("t3", { "2.0.0": 100 });
  expect(await retire.check(input, context)).toEqual([]);
});

test("who cannot tell where the tenants go does not retire", async () => {
  const routes = makeRoutes("2.0.0", ["t1"]);
  const silent = { code: "BATON-TENANTS-UNREADABLE", message: "No answer.", remedy: "" } as const;
  const tenants = { ...routes.ports.tenants, list: async () => failed(silent) };
  const context = contextOf({ ...routes.ports, tenants }, aPlan({ steps: [] }), null);
  expect((await retire.check(input, context)).map(({ code }) => code)).toEqual(["BATON-TENANTS-UNREADABLE"]);
});
