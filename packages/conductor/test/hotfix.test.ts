import { serviceDeploy, serviceRetire, trafficShift } from "@baton/actions";
import {
  type CompileInput,
  catalogue,
  compilePlan,
  failed,
  type Instance,
  noPlaces,
  ok,
  type Performer,
  type Plan,
  Platform,
  type Ports,
  Release,
  type Route,
  type Weights,
} from "@baton/core";
import { sha256 } from "@baton/testkit/arbitraries/sha256";
import { expect, test } from "vitest";
import { approveGate, observeHalfway, openRun, requestRollback, settledUnits } from "../src/index.ts";
import { ana, codes, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { noPorts, problem } from "./world.ts";

const platform = Platform.parse({
  platform: "sample",
  title: "Sample",
  secrets: ["token"],
  databases: { shared: "shared" },
  services: { api: { title: "API", ports: { http: 9001 } } },
  tenants: { query: { database: "shared", sql: "select 1" }, rings: ["first", "second", "third"] },
  traffic: { adapter: "gateway-http", url: "http://edge", tokenSecret: "token" },
});
const tenants = [
  ["a", "first"],
  ["b", "second"],
  ["c", "second"],
  ["d", "third"],
].map(([id = "", ring = ""]) => ({ id, ring, database: id, host: "db" }));
const present = { api: "1.0.0" };

const releaseOf = (name: string, version: string): Release => {
  const shift = (id: string, percent: number) => ({
    ...{ id, kind: "traffic.shift", each: "tenants" },
    with: { service: "api", percent, drainSeconds: 0 },
  });
  return Release.parse({
    ...{ release: name, from: "R1", title: name, channel: "GA", onFailure: "wait" },
    limits: { units: 1, attempts: 1 },
    services: { api: { version, command: ["main.ts"], health: { path: "/" } } },
    phases: [
      { id: "prepare", steps: [{ id: "deploy", kind: "service.deploy", with: { service: "api" } }] },
      { id: "ring", each: "rings", steps: [shift("canary", 50), shift("drain", 100)] },
      { id: "hold", hold: true, steps: [{ id: "ok", kind: "gate.approval", with: { role: "approver" } }] },
      { id: "clear", steps: [{ id: "retire", kind: "service.retire", with: { service: "api" } }] },
    ],
  });
};

/** Services and routes in memory, as strict as a gateway: compare-and-set, 100 percent, and only to what runs. */
function inMemory() {
  const running = new Map<string, Instance>();
  const routes = new Map<string, Route>();
  let refuses: (tenant: string, weights: Weights) => boolean = () => false;
  const start = (version: string) => {
    const instance: Instance = {
      ...{ id: `api@${version}`, service: "api", version, state: "healthy", digest: version },
      ...{ pid: null, urls: {}, restarts: 0 },
      spec: {
        ...{ id: `api@${version}`, service: "api", version, command: ["main.ts"], ports: {}, env: {} },
        health: { path: "/", timeoutSeconds: 1 },
      },
    };
    running.set(instance.id, instance);
    return instance;
  };
  start("1.0.0");
  const get = (tenant: string): Route =>
    routes.get(tenant) ?? { service: "api", tenant, weights: { "1.0.0": 100 }, revision: 0 };
  const ports: Ports = {
    ...noPorts,
    deploy: {
      instances: async () => ok([...running.values()]),
      digest: (spec) => spec.version,
      start: async (spec) => ok(start(spec.version)),
      stop: async (id) => {
        running.delete(id);
        return ok(undefined);
      },
    },
    traffic: {
      route: async (_service, tenant) => ok(get(tenant)),
      setRoute: async (_service, tenant, weights, expected) => {
        const before = get(tenant);
        const shares = Object.entries(weights).filter(([, share]) => share > 0);
        if (before.revision !== expected) return failed(problem("BATON-TRAFFIC-REVISION"));
        if (shares.some(([version]) => !running.has(`api@${version}`)))
          return failed(problem("BATON-TRAFFIC-UPSTREAM"));
        if (shares.reduce((sum, [, share]) => sum + share, 0) !== 100 || refuses(tenant, weights))
          return failed(problem("BATON-TRAFFIC-REFUSED"));
        routes.set(tenant, { ...before, weights, revision: expected + 1 });
        return ok(get(tenant));
      },
      inFlight: async () => ok({}),
      syncUpstreams: async () => ok(undefined),
    },
    tenants: { ...noPorts.tenants, list: async () => ok(tenants) },
  };
  return {
    ports,
    versions: () => [...running.values()].map(({ version }) => version).sort(),
    routes: () => Object.fromEntries(tenants.map(({ id }) => [id, get(id).weights])),
    refuse: (rule: typeof refuses) => {
      refuses = rule;
    },
  };
}

const performers = every(
  trafficShift() as Performer,
  serviceDeploy() as Performer,
  serviceRetire() as Performer,
);

const inputOf = (release: Release): CompileInput => ({
  ...{ platform, release, places: noPlaces, observed: { tenants, services: present } },
  ...{ migrations: {}, catalogue, sha256 },
});

/** The plan over what is there now, as `baton run --supersede` makes it. */
async function superseding(ports: Ports, release: Release, run: string): Promise<Plan> {
  const seen = value(await observeHalfway({ ports, tenants, present, brings: ["api"] }));
  const input = inputOf(release);
  const whole = value(compilePlan({ ...input, superseding: { run, ...seen, settled: new Set() } }));
  const signal = AbortSignal.timeout(10_000);
  const settled = value(await settledUnits({ plan: whole, performers, ports, signal }));
  return value(compilePlan({ ...input, superseding: { run, ...seen, settled } }));
}

test("R2 stops between two versions; R2.1 brings a third to every tenant, back to exactly there, and again to the end", async () => {
  const world = inMemory();
  const { ports } = world;
  const journal = memoryJournal();
  const drive = (run: string) => driveToEnd({ journal, run, performers, ports, until: "wait" });

  world.refuse((tenant, weights) => tenant === "c" && weights["2.0.0"] === 100);
  const first = await openApproved(journal, value(compilePlan(inputOf(releaseOf("R2", "2.0.0")))));
  expect((await drive(first)).state.ended?.outcome).toBe("needs-operator");
  world.refuse(() => false);
  const there = world.routes();
  expect(there).toEqual({
    a: { "2.0.0": 100 },
    b: { "2.0.0": 100 },
    c: { "1.0.0": 50, "2.0.0": 50 },
    d: { "1.0.0": 100 },
  });

  const hotfix = releaseOf("R2.1", "2.0.1");
  expect(codes(await openRun({ journal, plan: value(compilePlan(inputOf(hotfix))), by: ana }))).toEqual([
    "BATON-RUN-UNFINISHED",
  ]);
  const second = await openApproved(journal, await superseding(ports, hotfix, first));
  expect((await drive(second)).state.ended).toBeNull();
  const moved = { a: { "2.0.1": 100 }, b: { "2.0.1": 100 }, c: { "2.0.1": 100 }, d: { "2.0.1": 100 } };
  expect([world.routes(), world.versions()]).toEqual([moved, ["1.0.0", "2.0.0", "2.0.1"]]);

  value(await requestRollback({ journal, run: second, by: ana, reason: "no better" }));
  expect((await drive(second)).state.ended?.outcome).toBe("rolled-back");
  expect([world.routes(), world.versions()]).toEqual([there, ["1.0.0", "2.0.0"]]);

  const third = await openApproved(journal, await superseding(ports, hotfix, second));
  await drive(third);
  value(await approveGate({ journal, run: third, by: ana, step: "hold.ok" }));
  expect((await drive(third)).state.ended?.outcome).toBe("succeeded");
  expect([world.routes(), world.versions()]).toEqual([moved, ["2.0.1"]]);

  // Also from behind the hold: what was retired is started again before anybody goes back there.
  value(await requestRollback({ journal, run: third, by: ana, reason: "no better" }));
  expect((await drive(third)).state.ended?.outcome).toBe("rolled-back");
  expect([world.routes(), world.versions()]).toEqual([there, ["1.0.0", "2.0.0"]]);
});

test("a tenant that somebody moves after the plan was made is refused at its shift, and stays where it is", async () => {
  const world = inMemory();
  const { ports } = world;
  const journal = memoryJournal();
  const drive = (run: string) => driveToEnd({ journal, run, performers, ports, until: "wait" });
  world.refuse((tenant) => tenant === "b");
  const first = await openApproved(journal, value(compilePlan(inputOf(releaseOf("R2", "2.0.0")))));
  await drive(first);
  world.refuse(() => false);
  const second = await openApproved(journal, await superseding(ports, releaseOf("R2.1", "2.0.1"), first));
  value(await ports.traffic.setRoute("api", "d", { "2.0.0": 100 }, 0));
  const { state } = await drive(second);
  expect(state.ended).toMatchObject({ outcome: "needs-operator" });
  expect(state.ended?.reason).toContain("BATON-TRAFFIC-UNEXPECTED");
  expect(world.routes()).toMatchObject({ d: { "2.0.0": 100 }, b: { "2.0.1": 100 } });
});
