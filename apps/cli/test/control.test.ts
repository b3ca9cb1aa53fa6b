import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baton, batonJson, until } from "./baton-process.ts";
import {
  eventsOf,
  journaled,
  type LivePlatform,
  livePlatform,
  must,
  openRunOf,
  perTenant,
} from "./live-platform.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 300_000);

const routeOf = async (tenant: string) =>
  must(await platform.session.ports.traffic.route("platform-api", tenant)).weights;

/** Effects that were intended later than this after the last event of a type, by the journal's time. */
async function begunAfter(
  run: string,
  type: RunEvent["type"],
  milliseconds: number,
): Promise<readonly string[]> {
  const events = await eventsOf(platform, run);
  const said = events.findLast(({ event }) => event.type === type);
  if (said === undefined) throw new Error(`nobody said ${type}`);
  return events.flatMap(({ stored, event }) =>
    event.type === "effect.intended" && stored.at > said.stored.at + milliseconds ? [event.key] : [],
  );
}

/** Tenants with a table of R2's in their database, and those whom R2 alone serves. */
async function touched(): Promise<{
  readonly migrated: readonly string[];
  readonly served: readonly string[];
}> {
  const sql = "select (to_regclass('prompt_ciphertexts') is not null)::int as n";
  const tables = Object.entries(await perTenant(platform, sql)).sort();
  const served: string[] = [];
  for (const [tenant] of tables) if ((await routeOf(tenant))["2.0.0"] === 100) served.push(tenant);
  return { migrated: tables.filter(([, n]) => n > 0).map(([tenant]) => tenant), served };
}

/** Goes so far and no further: a tenant of the pilot ring alone, then its whole ring, one of which goes back and comes again. */
async function soFarAndNoFurther(run: string): Promise<void> {
  const say = (...args: string[]) => batonJson(platform.dir, args);
  const alone = ["aster", "dcoder"];
  expect(await touched()).toEqual({ migrated: alone, served: alone });
  expect(await say("explain")).toMatchObject({
    value: {
      waitingFor: expect.stringContaining("no further than aster"),
      parked: ["birch", "cedar"].map((tenant) => ({ tenant, problem: { code: "BATON-TENANT-HELD-BACK" } })),
      next: expect.arrayContaining(["baton run R2"]),
    },
  });
  for (const beyond of [
    ["--ring", "pilots"],
    ["--tenant", "birch"],
    ["--ring", "general", "--tenant", "aster"],
  ])
    expect(await say("run", "R2", "--yes", ...beyond)).toMatchObject({
      code: 3,
      value: { problems: [{ code: "BATON-RUN-SCOPE" }] },
    });

  const ring = ["aster", "birch", "cedar", "dcoder"];
  expect(await say("run", "R2", "--ring", "pilot")).toMatchObject({ code: 4, value: { run, ended: null } });
  expect(await touched()).toEqual({ migrated: ring, served: ring });
  expect(await say("rollback", "--tenant", "nobody")).toMatchObject({ code: 3 });
  expect(await say("rollback", "--tenant", "birch", "--reason", "they asked")).toMatchObject({
    code: 0,
    value: {
      next: ["baton run R2 --ring pilot"],
      explanation: { waitingFor: expect.stringContaining("birch is to go back") },
    },
  });
  expect(await say("run", "R2", "--ring", "pilot")).toMatchObject({ code: 4, value: { run, ended: null } });
  const without = ring.filter((tenant) => tenant !== "birch");
  expect(await touched()).toEqual({ migrated: without, served: without });
  expect(await routeOf("birch")).toEqual({ "1.0.0": 100 });
  expect(await say("explain")).toMatchObject({
    value: { next: expect.arrayContaining(["baton retry --tenant birch"]) },
  });
  expect(await say("retry")).toMatchObject({ code: 3 });
  expect(await say("retry", "--tenant", "birch")).toMatchObject({ code: 0 });
  const steps = (await eventsOf(platform, run)).flatMap(({ event }) =>
    event.type === "step.started" ? [event.step] : [],
  );
  expect(steps.filter((step) => /^(general|hold|contract)\./.test(step))).toEqual([]);
}

test("one live run: one tenant alone, a ring and no further, paused, resumed, stopped at once, retried, a bake skipped, a tenant taken back and brought forward, aborted, rolled back", {
  timeout: 900_000,
}, async () => {
  const { dir, session, workload } = platform;
  const say = (...args: string[]) => batonJson(dir, args);
  const drive = (...scope: string[]) => baton(dir, ["run", "R2", "--yes", ...scope]);
  for (const [beyond, code] of [
    [["--ring", "nowhere"], "BATON-RUN-SCOPE"],
    [["--tenant", "nobody"], "BATON-RUN-NO-TENANT"],
  ] as const)
    expect(await say("run", "R2", "--yes", ...beyond)).toMatchObject({
      code: 3,
      value: { problems: [{ code }] },
    });
  expect(await say("status")).toMatchObject({ code: 0, value: { run: null } });

  const first = drive("--tenant", "aster");
  const run = await openRunOf(platform);
  await journaled(platform, run, (e) => e.type === "step.ended" && e.step === "internal.canary");
  expect(await say("pause", "--reason", "lunch")).toMatchObject({ code: 0, value: { run } });
  expect(await say("pause", "--reason", "again")).toMatchObject({ code: 3 });
  expect(await first.ended).toBe(4);
  expect(await begunAfter(run, "run.paused", 1_000)).toEqual([]);
  expect(await say("explain")).toMatchObject({
    code: 0,
    value: { waitingFor: expect.stringContaining("lunch"), next: expect.arrayContaining(["baton resume"]) },
  });
  expect(await say("resume")).toMatchObject({ code: 0, value: { next: ["baton run R2 --tenant aster"] } });

  const second = drive("--tenant", "aster");
  await journaled(platform, run, (e) => e.type === "effect.intended" && e.step === "pilot.backfill");
  expect(await say("emergency-stop", "--reason", "p99 is up")).toMatchObject({
    code: 0,
    value: { ended: { outcome: "stopped", next: ["baton explain", "baton retry", "baton rollback"] } },
  });
  expect(await second.ended).toBe(1);
  expect(await begunAfter(run, "run.emergency-stop-requested", 1_000)).toEqual([]);
  expect(await say("resume")).toMatchObject({ code: 3 });
  expect(await say("retry")).toMatchObject({ code: 0 });
  expect(await drive("--tenant", "aster").ended).toBe(4);
  await soFarAndNoFurther(run);
  expect(await drive().ended).toBe(4);

  expect(await say("skip", "hold.approval", "--reason", "in a hurry")).toMatchObject({ code: 3 });
  expect(await say("done", "hold.bake", "--evidence", "a clock")).toMatchObject({ code: 3 });
  expect(await say("skip", "hold.bake", "--reason", "watched by eye")).toMatchObject({ code: 0 });

  const tenants = must(await session.ports.tenants.list()).map(({ id }) => id);
  const tenant = tenants.at(-1) ?? "";
  expect(await say("rollback", "--tenant", tenant, "--reason", "they asked")).toMatchObject({ code: 0 });
  expect(await drive().ended).toBe(4);
  expect(await routeOf(tenant)).toEqual({ "1.0.0": 100 });
  expect(await routeOf(tenants[0] ?? "")).toEqual({ "2.0.0": 100 });
  expect(await say("status")).toMatchObject({
    value: {
      run: {
        tenants: { parked: 1, problems: [{ tenant, problem: { code: "BATON-TENANT-TAKEN-BACK" } }] },
        byHand: [{ how: "skipped", step: "hold.bake", reason: "watched by eye" }],
      },
    },
  });
  expect(await say("retry", "--tenant", tenant)).toMatchObject({ code: 0 });
  expect(await drive().ended).toBe(4);
  expect(await routeOf(tenant)).toEqual({ "2.0.0": 100 });

  expect(await say("abort", "--reason", "not today")).toMatchObject({
    code: 0,
    value: { ended: { outcome: "stopped" } },
  });
  expect(await say("rollback", "--yes")).toMatchObject({
    code: 0,
    value: { run, ended: { outcome: "rolled-back" }, anomalies: { count: 0 } },
  });
  expect(await Promise.all(tenants.map(routeOf))).toEqual(tenants.map(() => ({ "1.0.0": 100 })));
  await until("writes go on", async () => must(await workload.stats()).writes.acknowledged > 20);
  expect(must(await workload.verify())).toMatchObject({ lost: 0, missing: [] });
  expect(must(await workload.stats())).toMatchObject({ requests: { failed: 0 }, recentFailures: [] });
  expect(await say("audit", "verify")).toMatchObject({ code: 0, value: { intact: true } });
});
