import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createSupervisorClient, type SupervisorClient } from "@baton/adapters";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alive,
  ask,
  codesOf,
  type FakePlatform,
  fakePlatform,
  kill9,
  until,
  value,
} from "../test/fake-platform.ts";
import { findSupervisor } from "./launch.ts";

describe("a supervisor with its own PostgreSQL", () => {
  let platform: FakePlatform;
  let client: SupervisorClient;
  beforeAll(async () => {
    delete process.env.DATABASE_URL;
    platform = await fakePlatform();
    client = value(await platform.launch());
  });
  afterAll(() => platform.cleanup());

  test("is found by a second launch, not started again", async () => {
    const again = value(await platform.launch());
    expect(value(await again.state()).pid).toBe(value(await client.state()).pid);
  });

  test("refuses a caller without its token", async () => {
    const { url } = JSON.parse(await readFile(join(platform.stateDir, "supervisor.json"), "utf8"));
    for (const headers of [{}, { authorization: "Bearer wrong" }]) {
      const answer = await fetch(`${url}/v1/state`, { headers });
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain("platformDir");
    }
  });

  test("keeps its secrets and its address readable by the owner alone, and says which it generated", async () => {
    const folder = join(platform.stateDir, "secrets");
    const names = await readdir(folder);
    expect(names.sort()).toEqual(["baton-keys-passphrase", "baton-postgres", "shared-db", "token"]);
    const paths = [...names.map((name) => join(folder, name)), join(platform.stateDir, "supervisor.json")];
    for (const path of paths) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(value(await client.state()).generated.toSorted()).toEqual(names);
  });

  test("starts an instance with the environment of the contract and nothing of its own environment", async () => {
    const back = value(await client.putInstance(platform.spec("back", "1.1.0")));
    const env = await ask(back.urls.http, "/env");
    expect(env).toMatchObject({ HOST: "127.0.0.1", SERVICE_NAME: "back", SERVICE_VERSION: "1.1.0" });
    expect(env.PORT).toBe(new URL(back.urls.http ?? "").port);
    expect(env.SECRET).toBe(value(await client.resolve("${secret.token}")));
    expect(env.FRONT).toBe(value(await client.resolve("${service.front.url}")));
    expect(Object.keys(env)).not.toContain("VITEST");
    await client.deleteInstance("back@1.1.0");
    expect(await alive(back.pid)).toBe(false);
  });

  test("starts one process for one spec, however often and however much at once it is asked", async () => {
    const spec = platform.spec("back", "1.2.0");
    const [a, b] = await Promise.all([client.putInstance(spec), client.putInstance(spec)]);
    const c = value(await client.putInstance({ ...spec, env: { ...spec.env } }));
    expect(value(b)).toEqual(value(a));
    expect(c.pid).toBe(value(a).pid);
    const other = value(await client.putInstance({ ...spec, env: { EXTRA: "1" } }));
    expect(other.pid).not.toBe(c.pid);
    expect(await alive(c.pid)).toBe(false);
    value(await client.deleteInstance(spec.id));
    value(await client.deleteInstance(spec.id));
  });

  test("tells why an instance did not start by the end of its log, secrets removed, and keeps no process of it", async () => {
    const refused = await client.putInstance(platform.spec("front", "3.0.0", { REFUSE: "${secret.token}" }));
    expect(codesOf(refused)).toEqual(["BATON-DEPLOY-UNHEALTHY"]);
    const text = JSON.stringify(refused);
    expect(text).toContain("cannot start because of [secret]");
    expect(text).not.toContain(value(await client.resolve("${secret.token}")));
    const found = value(await client.state()).instances.find((one) => one.id === "front@3.0.0");
    expect(found).toMatchObject({ state: "failed", pid: null });
    value(await client.deleteInstance("front@3.0.0"));
  });

  test("names every template it cannot fill, and a service the platform does not have", async () => {
    const unknown = await client.resolve("${secret.absent} ${service.back@9.9.9.url} ${database.absent}");
    expect(codesOf(unknown)).toEqual(Array(3).fill("BATON-TEMPLATE-UNKNOWN"));
    const stranger = { ...platform.spec("back"), id: "stranger@1.0.0", service: "stranger" };
    expect(codesOf(await client.putInstance(stranger))).toEqual(["BATON-DEPLOY-SERVICE"]);
    expect(codesOf(await client.resolve("${secret.baton-postgres}"))).toEqual(["BATON-TEMPLATE-UNKNOWN"]);
  });

  test("brings a killed instance back on the same address and counts it", async () => {
    const before = value(await client.putInstance(platform.spec("back", "1.3.0")));
    kill9(before.pid);
    const now = async () => value(await client.state()).instances.find((one) => one.id === "back@1.3.0");
    await until(async () => {
      const one = await now();
      return one?.state === "healthy" && one.pid !== before.pid;
    }, "it is back");
    const after = await now();
    expect(after).toMatchObject({ restarts: 1, urls: before.urls });
    expect((await ask(after?.urls.http, "/started")).pid).toBe(after?.pid);
    value(await client.deleteInstance("back@1.3.0"));
  });

  test("an instance stopped while it starts is gone, and whoever waited for it hears so", async () => {
    const spec = { ...platform.spec("back", "1.4.0"), health: { path: "/crash", timeoutSeconds: 60 } };
    const slow = { ...spec, command: ["job.ts", "x"], env: {} };
    const waiting = client.putInstance({ ...slow, command: ["sleep", "60"] });
    await until(
      async () => value(await client.state()).instances.some((one) => one.id === spec.id),
      "it starts",
    );
    value(await client.deleteInstance(spec.id));
    expect(codesOf(await waiting)).toEqual(["BATON-DEPLOY-STOPPED"]);
    expect(value(await client.state()).instances.some((one) => one.id === spec.id)).toBe(false);
  });

  test("runs a program to its end and tells how it went", async () => {
    const env = { WHO: "seed", SECRET: "${secret.token}" };
    const good = value(await client.run({ name: "seed", command: ["job.ts"], env }));
    expect(good).toEqual({ exitCode: 0, tail: ["job of seed", "knows [secret]"] });
    const bad = value(await client.run({ name: "seed", command: ["job.ts"], env: { CODE: "4" } }));
    expect(bad.exitCode).toBe(4);
    expect(codesOf(await client.run({ name: "seed", command: ["no-such-program"] }))).toEqual([
      "BATON-RUN-COMMAND",
    ]);
  });

  test("keeps a helper on its port", async () => {
    const helper = value(
      await client.putHelper("workload", { command: ["service.ts"], port: platform.ports.work }),
    );
    expect(helper.url).toBe(`http://127.0.0.1:${platform.ports.work}`);
    expect((await ask(helper.url ?? "", "/started")).pid).toBe(helper.pid);
    value(await client.deleteHelper("workload"));
    expect(await alive(helper.pid)).toBe(false);
  });

  test("brings a killed PostgreSQL back on the same port with its data", async () => {
    const before = value(await client.state()).postgres;
    kill9(before.pid);
    const now = async () => value(await client.state()).postgres;
    await until(
      async () => (await now()).restarts === 1 && (await now()).state === "running",
      "PostgreSQL is back",
    );
    expect(await now()).toMatchObject({ port: before.port });
    const { default: pg } = await import("pg");
    const connection = new pg.Client({ connectionString: value(await client.resolve("${database.shared}")) });
    await connection.connect();
    const { rows } = await connection.query(
      "select current_database() as db, current_user as who, rolsuper from pg_roles where rolname = current_user",
    );
    await connection.end();
    expect(rows).toEqual([{ db: "fake_shared", who: "fake_shared", rolsuper: false }]);
  });

  test("answers for the key service it started", async () => {
    const url = value(await client.resolve("${keys.url}"));
    const token = value(await client.resolve("${secret.token}"));
    expect((await fetch(`${url}/v1/sys/health`)).status).toBe(200);
    const made = await fetch(`${url}/v1/transit/keys/k1`, {
      method: "POST",
      headers: { "x-vault-token": token, "content-type": "application/json" },
      body: "{}",
    });
    expect(made.status).toBeLessThan(300);
  });

  test("writes no secret into its log or what it remembers", async () => {
    const secrets = await Promise.all(
      (await readdir(join(platform.stateDir, "secrets"))).map((name) =>
        readFile(join(platform.stateDir, "secrets", name), "utf8"),
      ),
    );
    for (const file of ["logs/supervisor.log", "supervisor-state.json"]) {
      const text = await readFile(join(platform.stateDir, file), "utf8");
      expect(text.length).toBeGreaterThan(0);
      for (const secret of secrets) expect(text).not.toContain(secret.trim());
    }
  });
});

describe("the life of a supervisor", () => {
  const platforms: FakePlatform[] = [];
  const fresh = async (): Promise<FakePlatform> => {
    const platform = await fakePlatform();
    platforms.push(platform);
    return platform;
  };
  afterAll(async () => {
    for (const platform of platforms) await platform.cleanup();
  });

  test("launches side by side yield one supervisor", async () => {
    const platform = await fresh();
    const clients = await Promise.all([platform.launch(), platform.launch(), platform.launch()]);
    const pids = await Promise.all(clients.map(async (one) => value(await value(one).state()).pid));
    expect(new Set(pids).size).toBe(1);
    value(await value(await platform.launch()).shutdown());
  });

  test("moves off taken ports, tells everybody the same and keeps to it", async () => {
    const platform = await fresh();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(platform.ports.front, "127.0.0.1", resolve));
    const client = value(await platform.launch());
    const state = value(await client.state());
    expect(state.moved).toEqual([
      { name: "front http", wanted: platform.ports.front, got: expect.any(Number) },
    ]);
    const got = state.moved[0]?.got;
    const back = value(await client.putInstance(platform.spec("back")));
    expect((await ask(back.urls.http, "/env")).FRONT).toBe(`http://127.0.0.1:${got}`);
    const front = value(await client.putInstance(platform.spec("front")));
    expect(front.urls.http).toBe(`http://127.0.0.1:${got}`);
    const second = value(await client.putInstance(platform.spec("front", "2.0.0")));
    expect(second.urls.http).not.toBe(front.urls.http);
    expect(value(await client.resolve("${service.front.url}"))).toBe(front.urls.http);
    expect(value(await client.resolve("${service.front@2.0.0.url}"))).toBe(second.urls.http);
    value(await client.shutdown());
    await new Promise((resolve) => squatter.close(resolve));

    const again = value(await platform.launch());
    const urls = value(await again.state()).instances.map((one) => [one.id, one.state, one.urls.http]);
    expect(urls).toEqual([
      ["back@1.0.0", "healthy", back.urls.http],
      ["front@1.0.0", "healthy", front.urls.http],
      ["front@2.0.0", "healthy", second.urls.http],
    ]);
    value(await again.shutdown());
  });

  test("shutdown ends helpers, then services against their dependencies, then the rest, and leaves no process", async () => {
    const platform = await fresh();
    const client = value(await platform.launch());
    value(await client.putInstance(platform.spec("back")));
    value(await client.putInstance(platform.spec("front")));
    value(await client.putHelper("workload", { command: ["service.ts"], port: platform.ports.work }));
    const state = value(await client.state());
    const pids = [
      state.pid,
      state.keys.pid,
      state.postgres.pid,
      ...state.instances.map((one) => one.pid),
      ...state.helpers.map((one) => one.pid),
    ];
    expect(await Promise.all(pids.map(alive))).toEqual(pids.map(() => true));
    value(await client.shutdown());
    await until(async () => !(await alive(state.pid)), "the supervisor has ended");
    expect(await Promise.all(pids.map(alive))).toEqual(pids.map(() => false));
    expect(await findSupervisor(platform.stateDir)).toBeNull();
    expect(codesOf(await createSupervisorClient(platform.stateDir).state())).toEqual([
      "BATON-SUPERVISOR-ABSENT",
    ]);
    const ends = await Promise.all(
      ["workload", "front@1.0.0", "back@1.0.0"].map(async (name) => {
        const log = await readFile(join(platform.stateDir, "logs", `${name}.log`), "utf8");
        return Number(/stopping (\d+)/.exec(log)?.[1]);
      }),
    );
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
  });

  test("after kill -9 of the supervisor the next one takes over what still runs", async () => {
    const platform = await fresh();
    const client = value(await platform.launch());
    value(await client.putInstance(platform.spec("back")));
    value(await client.putInstance(platform.spec("front")));
    value(await client.putHelper("workload", { command: ["service.ts"], port: platform.ports.work }));
    const before = value(await client.state());
    kill9(before.pid);
    await until(async () => !(await alive(before.pid)), "the supervisor is dead");
    const lost = before.instances.find((one) => one.service === "front");
    kill9(lost?.pid);

    const again = value(await platform.launch());
    const after = value(await again.state());
    expect(after.pid).not.toBe(before.pid);
    expect(after.generated).toEqual([]);
    expect(after.postgres).toMatchObject({ pid: before.postgres.pid, port: before.postgres.port });
    expect(after.keys.pid).toBe(before.keys.pid);
    expect(after.helpers).toEqual(before.helpers);
    const [back, front] = after.instances;
    expect(back).toEqual(before.instances[0]);
    expect(front).toMatchObject({ id: "front@1.0.0", state: "healthy", urls: lost?.urls });
    expect(front?.pid).not.toBe(lost?.pid);

    // One taken over is watched like one's own child.
    kill9(back?.pid);
    const now = async () => value(await again.state()).instances.find((one) => one.id === "back@1.0.0");
    await until(
      async () => (await now())?.restarts === 1 && (await now())?.state === "healthy",
      "it is back",
    );
    const last = value(await again.state());
    value(await again.shutdown());
    const pids = [
      last.postgres.pid,
      last.keys.pid,
      ...last.instances.map((one) => one.pid),
      last.helpers[0]?.pid ?? null,
    ];
    expect(await Promise.all(pids.map(alive))).toEqual(pids.map(() => false));
  });

  test("what a newer conductor changed no older one changes again, also after a kill -9 of the supervisor", async () => {
    const platform = await fresh();
    const client = value(await platform.launch());
    const spec = platform.spec("back");
    value(await client.putInstance(spec, undefined, 4));
    expect(codesOf(await client.putInstance({ ...spec, env: { EXTRA: "1" } }, undefined, 3))).toEqual([
      "BATON-DEPLOY-FENCED",
    ]);
    expect(codesOf(await client.deleteInstance(spec.id, undefined, 3))).toEqual(["BATON-DEPLOY-FENCED"]);
    // Taken back by epoch 6: from then on 4 cannot start it either, and nothing is there to see why.
    value(await client.deleteInstance(spec.id, undefined, 6));
    kill9(value(await client.state()).pid);
    const again = value(await platform.launch());
    expect(codesOf(await again.putInstance(spec, undefined, 4))).toEqual(["BATON-DEPLOY-FENCED"]);
    expect(value(await again.state()).instances).toEqual([]);
    // A person's own command is no conductor's.
    expect(value(await again.putInstance(spec))).toMatchObject({ state: "healthy" });
    expect(value(await again.putInstance(spec, undefined, 6))).toMatchObject({ state: "healthy" });
    value(await again.shutdown());
  });

  test("TERM to the supervisor alone ends everything in order", async () => {
    const platform = await fresh();
    const client = value(await platform.launch());
    const back = value(await client.putInstance(platform.spec("back")));
    const state = value(await client.state());
    process.kill(state.pid, "SIGTERM");
    await until(async () => !(await alive(state.pid)), "the supervisor has ended");
    const pids = [back.pid, state.keys.pid, state.postgres.pid];
    expect(await Promise.all(pids.map(alive))).toEqual(pids.map(() => false));
    expect(await findSupervisor(platform.stateDir)).toBeNull();
  });
});
