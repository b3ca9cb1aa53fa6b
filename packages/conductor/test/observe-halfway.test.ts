import { trafficShift } from "@baton/actions";
import { failed, type Instance, ok, type Performer, type Ports, type Weights } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { observeHalfway, settledUnits } from "../src/index.ts";
import { codes, value } from "./runs.ts";
import { noPorts, problem } from "./world.ts";

const ids = ["moved", "half", "fresh"];

const instance = (service: string, version: string): Instance => ({
  ...{ id: `${service}@${version}`, service, version, state: "healthy" as const },
  ...{ digest: "", pid: null, urls: {}, restarts: 0 },
});

/** A world in which some versions run and routes are as given; what nothing routes has no weights. */
function portsOf(
  routes: Readonly<Record<string, Readonly<Record<string, Weights>>>>,
  asked: string[] = [],
): Ports {
  return {
    ...noPorts,
    deploy: {
      ...noPorts.deploy,
      instances: async () =>
        ok([
          instance("api", "2.0.0"),
          instance("api", "1.0.0"),
          instance("edge", "1.0.0"),
          instance("jobs", "1.0.0"),
          instance("jobs", "1.1.0"),
        ]),
    },
    traffic: {
      ...noPorts.traffic,
      route: async (service, tenant) => {
        asked.push(`${service}/${tenant}`);
        return ok({ service, tenant, weights: routes[service]?.[tenant] ?? {}, revision: 1 });
      },
      inFlight: async () => ok({}),
    },
  };
}

const tenants = ids.map((id) => ({ id, ring: "all", database: id, host: "db" }));
const present = { api: "1.0.0", edge: "1.0.0", jobs: "1.0.0" };
const api = {
  moved: { "2.0.0": 100 },
  half: { "1.0.0": 50, "2.0.0": 50, "0.9.0": 0 },
  fresh: { "1.0.0": 100 },
};

test("what runs, and where tenants go, of what the release brings and of what runs in another version than before", async () => {
  const asked: string[] = [];
  const seen = value(
    await observeHalfway({ ports: portsOf({ api }, asked), tenants, present, brings: ["api"] }),
  );
  expect(seen).toEqual({
    routes: { api: { moved: { "2.0.0": 100 }, half: { "1.0.0": 50, "2.0.0": 50 }, fresh: { "1.0.0": 100 } } },
    running: { api: ["1.0.0", "2.0.0"], edge: ["1.0.0"], jobs: ["1.0.0", "1.1.0"] },
  });
  expect(new Set(asked.map((one) => one.split("/")[0]))).toEqual(new Set(["api", "jobs"]));
});

test("a route that cannot be seen is a problem, for every tenant at once", async () => {
  const ports = portsOf({ api });
  const blind: Ports = {
    ...ports,
    traffic: { ...ports.traffic, route: async () => failed(problem("BATON-TRAFFIC-UNREACHABLE")) },
  };
  const seen = await observeHalfway({ ports: blind, tenants, present, brings: ["api"] });
  expect(codes(seen)).toEqual(Array(3 * 2).fill("BATON-TRAFFIC-UNREACHABLE"));
});

test("a share that a tenant's route has reached or passed is settled, also where a smaller one was planned now", async () => {
  const shift = (id: string, percent: number, after: readonly string[]) => ({
    id: `ring.${id}`,
    kind: "traffic.shift",
    input: { service: "api", from: "1.0.0", to: "2.0.0", percent, drainSeconds: 0 },
    effect: "compare-and-set" as const,
    units: [...ids],
    after: [...after],
  });
  const plan = aPlan({
    tenants: ids,
    steps: [shift("canary", 20, []), shift("more", 60, ["ring.canary"]), shift("drain", 100, ["ring.more"])],
  });
  const settled = await settledUnits({
    plan,
    performers: new Map([["traffic.shift", trafficShift() as Performer]]),
    ports: portsOf({ api }),
    signal: AbortSignal.timeout(10_000),
  });
  expect([...value(settled)].sort()).toEqual([
    "ring.canary/half",
    "ring.canary/moved",
    "ring.drain/moved",
    "ring.more/moved",
  ]);
});
