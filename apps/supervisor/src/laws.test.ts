import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkHttp, serviceDeploy, serviceRetire, trafficShift } from "@baton/actions";
import { createPorts, createSupervisorClient, type SupervisorClient } from "@baton/adapters";
import {
  type ActionContext,
  instanceId,
  ok,
  type Plan,
  type Ports,
  Release,
  readPlatform,
  type Tenant,
} from "@baton/core";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import { describeLaws } from "@baton/testkit/laws/describe-laws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codesOf, type FakePlatform, fakePlatform, until, value } from "../test/fake-platform.ts";

let database: TestDatabase;
let platform: FakePlatform;
let client: SupervisorClient;
let ports: Ports;
let deadPorts: Ports;
let secret: string;

beforeAll(async () => {
  database = await testDatabase("laws");
  process.env.DATABASE_URL = database.url;
  platform = await fakePlatform(`${new URL(database.url).pathname.slice(1)}_shared`);
  client = value(await platform.launch());
  const { readFile } = await import("node:fs/promises");
  const file = join(platform.platformDir, "platform.yaml");
  const { document } = value(readPlatform(await readFile(file, "utf8"), file));
  ports = createPorts({ platform: document, supervisor: client });
  deadPorts = createPorts({ platform: document, supervisor: createSupervisorClient(await deadStateDir()) });
  secret = value(await client.resolve("${secret.token}"));
  for (const version of ["1.0.0", "2.0.0"]) value(await client.putInstance(platform.spec("back", version)));
  const gateway = fileURLToPath(new URL("../test/fake-gateway.ts", import.meta.url));
  const env = { ADMIN_TOKEN: "${secret.token}" };
  value(await client.putInstance({ ...platform.spec("front"), command: [gateway], env }));
});
afterAll(async () => {
  await platform.cleanup();
  await database.drop();
  delete process.env.DATABASE_URL;
});

describeLaws("check.http", {
  undo: "kept",
  changes: false,
  make: async () => ({
    performer: checkHttp(),
    input: { url: "${service.back@1.0.0.url}/health", expect: 200, timeoutSeconds: 10 },
    context: contextOf(ports),
    unreachable: contextOf(deadPorts),
    world: { snapshot: async () => value(await ports.deploy.instances()) },
    secrets: [secret],
    cleanup: async () => {},
  }),
});

describeLaws("service.deploy", {
  undo: "restored",
  make: async () => {
    const { version, id } = freshInstance();
    const marker = join(platform.platformDir, `failed-${randomUUID()}`);
    await writeFile(marker, "");
    const plan = planOf(version, { SECRET: "${secret.token}", FAIL_ONCE: marker });
    const performer = serviceDeploy();
    const input = { service: "back", version };
    const context = contextOf(ports, plan);
    return {
      performer,
      input,
      context,
      newer: { ...context, epoch: context.epoch + 1 },
      unreachable: contextOf(deadPorts, plan),
      world: { snapshot: () => snapshotOf(id) },
      half: async (before, key) => {
        await rm(marker);
        expect(codesOf(await performer.perform(input, before, key, context))).toEqual([
          "BATON-DEPLOY-UNHEALTHY",
        ]);
        expect((await performer.observe(input, before, context)).state).toBe("partial");
      },
      secrets: [secret],
      cleanup: async () => void value(await client.deleteInstance(id)),
    };
  },
});

describeLaws("service.retire", {
  undo: "restored",
  make: async () => {
    const { version, id } = freshInstance();
    const gate = join(platform.platformDir, `gate-${randomUUID()}`);
    const spec = platform.spec("back", version, { LINGER: gate });
    value(await client.putInstance(spec));
    const performer = serviceRetire();
    const input = { service: "back", version };
    await writeFile(gate, "");
    // The platform of these tests has no tenants' table.
    const noTenants = { ...ports.tenants, list: async () => ok([]) };
    return {
      performer,
      input,
      context: contextOf({ ...ports, tenants: noTenants }),
      newer: { ...contextOf(ports), epoch: 2 },
      unreachable: contextOf(deadPorts),
      world: { snapshot: () => snapshotOf(id) },
      half: async (before, key) => {
        await rm(gate);
        const abort = new AbortController();
        const context = { ...contextOf(ports), signal: abort.signal };
        const cut = performer.perform(input, before, key, context);
        await until(
          async () => (await performer.observe(input, before, context)).state === "partial",
          "it stops",
        );
        abort.abort();
        expect((await cut).ok).toBe(false);
        await writeFile(gate, "");
      },
      secrets: [secret],
      cleanup: async () => void value(await client.deleteInstance(id)),
    };
  },
});

describeLaws("traffic.shift", {
  undo: "restored",
  make: async () => {
    const tenant = `t-${randomUUID()}`;
    const performer = trafficShift();
    const input = { service: "back", from: "1.0.0", to: "2.0.0", percent: 100, drainSeconds: 0 };
    const context = contextOf(ports, planOf("2.0.0"), tenant);
    return {
      performer,
      input,
      context,
      newer: context, // the route's revision tells them apart
      unreachable: contextOf(deadPorts, planOf("2.0.0"), tenant),
      world: { snapshot: async () => value(await ports.traffic.route("back", tenant)).weights },
      half: async (before, key) => {
        await setInFlight(tenant, { "1.0.0": 1 });
        expect(codesOf(await performer.perform(input, before, key, context))).toEqual([
          "BATON-TRAFFIC-DRAIN",
        ]);
        expect((await performer.observe(input, before, context)).state).toBe("partial");
        await setInFlight(tenant, {});
      },
      secrets: [secret],
      cleanup: async () => {},
    };
  },
});

describe("traffic.shift beyond the laws", () => {
  const input = { service: "back", from: "1.0.0", to: "2.0.0", percent: 50, drainSeconds: 30 };
  const shift = trafficShift();

  test("is refused when somebody else moved the route since it looked, and leaves their route alone (P010)", async () => {
    const tenant = `t-${randomUUID()}`;
    const context = contextOf(ports, planOf("2.0.0"), tenant);
    const before = value(await shift.before(input, context));
    value(await ports.traffic.setRoute("back", tenant, { "1.0.0": 90, "2.0.0": 10 }, before.revision));
    expect(codesOf(await shift.perform(input, before, "k", context))).toEqual(["BATON-TRAFFIC-REVISION"]);
    expect(value(await ports.traffic.route("back", tenant)).weights).toEqual({ "1.0.0": 90, "2.0.0": 10 });
  });

  test("waits for the open requests of the version that lost all weight, forward and back (P010)", async () => {
    const tenant = `t-${randomUUID()}`;
    const context = contextOf(ports, planOf("2.0.0"), tenant);
    const whole = { ...input, percent: 100 };
    const before = value(await shift.before(whole, context));
    await setInFlight(tenant, { "1.0.0": 2 });
    let done = false;
    const performing = shift.perform(whole, before, "k", context).finally(() => {
      done = true;
    });
    const route = async () => value(await ports.traffic.route("back", tenant)).weights;
    await until(async () => (await route())["2.0.0"] === 100, "the route is set");
    expect(done).toBe(false);
    await setInFlight(tenant, {});
    value(await performing);
    await setInFlight(tenant, { "2.0.0": 1 });
    const cancel = new AbortController();
    const undoing = shift.undo(whole, before, null, "u", { ...context, signal: cancel.signal });
    await until(async () => (await route())["1.0.0"] === 100, "the route is set back");
    cancel.abort();
    expect(codesOf(await undoing)).toEqual(["BATON-ACTION-CANCELLED"]);
    await setInFlight(tenant, {});
    value(await shift.undo(whole, before, null, "u", context));
  });

  test("does not wait where both versions keep a share", async () => {
    const tenant = `t-${randomUUID()}`;
    const context = contextOf(ports, planOf("2.0.0"), tenant);
    await setInFlight(tenant, { "1.0.0": 5, "2.0.0": 5 });
    const before = value(await shift.before(input, context));
    value(await shift.perform(input, before, "k", context));
    expect((await shift.observe(input, before, context)).state).toBe("present");
  });

  test("names a version that does not run", async () => {
    const context = contextOf(ports, planOf("2.0.0"), `t-${randomUUID()}`);
    const far = { ...input, to: "7.7.7" };
    const before = value(await shift.before(far, context));
    expect(codesOf(await shift.perform(far, before, "k", context))).toEqual(["BATON-TRAFFIC-UPSTREAM"]);
  });
});

describe("check.http beyond the laws", () => {
  test("fails with the status it got, and sees it as absent", async () => {
    const input = { url: "${service.back.url}/health", expect: 204, timeoutSeconds: 10 };
    const performer = checkHttp();
    expect(codesOf(await performer.perform(input, null, "k", contextOf(ports)))).toEqual([
      "BATON-CHECK-STATUS",
    ]);
    expect((await performer.observe(input, null, contextOf(ports))).state).toBe("absent");
  });
});

let count = 0;
/** A version of `back` that no other law uses. */
function freshInstance(): { readonly version: string; readonly id: string } {
  count += 1;
  const version = `9.${process.pid}.${count}`;
  return { version, id: instanceId("back", version) };
}

async function snapshotOf(id: string): Promise<unknown> {
  const instances = value(await ports.deploy.instances()).filter((one) => one.id === id);
  return instances.map(({ state, digest }) => ({ state, digest }));
}

function planOf(version = "2.0.0", env: Readonly<Record<string, string>> = {}): Plan {
  const { services, limits } = Release.parse({
    release: "R2",
    title: "R2",
    channel: "Preview",
    services: { back: { version, command: ["service.ts"], env, health: { path: "/health" } } },
  });
  return {
    format: 1,
    platform: "fake",
    environment: "local",
    release: "R2",
    from: "R1",
    title: "R2",
    author: null,
    hash: "",
    rings: ["all"],
    tenants: [],
    services,
    migrations: {},
    limits,
    onFailure: "wait",
    onParked: "wait",
    phases: [],
    steps: [],
    assumptions: [],
    estimates: { totalSeconds: 0, criticalPath: [], worstRollbackSeconds: 0, pointOfNoReturn: null },
  };
}

function contextOf(world: Ports, plan = planOf(), tenantId?: string): ActionContext {
  const tenant: Tenant | null =
    tenantId === undefined ? null : { id: tenantId, ring: "all", database: tenantId, host: "127.0.0.1" };
  const signal = new AbortController().signal;
  return { ports: world, plan, run: "r", step: "s", tenant, epoch: 1, signal, progress: () => {} };
}

async function setInFlight(tenant: string, inFlight: Readonly<Record<string, number>>): Promise<void> {
  const url = value(await client.resolve("${service.front.admin.url}"));
  const answer = await fetch(`${url}/test/in-flight/back/${tenant}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ inFlight }),
  });
  expect(answer.status).toBe(200);
}

/** A state folder whose supervisor answers no more. */
async function deadStateDir(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 1;
  await new Promise((resolve) => server.close(resolve));
  const folder = join(platform.platformDir, "dead");
  await mkdir(folder);
  const dead = { url: `http://127.0.0.1:${port}`, token: "x".repeat(20), pid: 1 };
  await writeFile(join(folder, "supervisor.json"), JSON.stringify(dead));
  return folder;
}
