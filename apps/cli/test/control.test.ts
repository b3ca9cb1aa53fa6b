import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baton, batonJson, until } from "./baton-process.ts";
import { eventsOf, journaled, type LivePlatform, livePlatform, must, openRunOf } from "./live-platform.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 120_000);

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

test("one live run: paused, resumed, stopped at once, retried, a bake skipped, a tenant taken back and brought forward, aborted, rolled back", {
  timeout: 900_000,
}, async () => {
  const { dir, session, workload } = platform;
  const say = (...args: string[]) => batonJson(dir, args);
  const drive = () => baton(dir, ["run", "R2", "--yes"]);

  const first = drive();
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
  expect(await say("resume")).toMatchObject({ code: 0, value: { next: ["baton run R2"] } });

  const second = drive();
  await journaled(platform, run, (e) => e.type === "effect.intended" && e.step === "pilot.backfill");
  expect(await say("emergency-stop", "--reason", "p99 is up")).toMatchObject({
    code: 0,
    value: { ended: { outcome: "stopped", next: ["baton explain", "baton retry", "baton rollback"] } },
  });
  expect(await second.ended).toBe(1);
  expect(await begunAfter(run, "run.emergency-stop-requested", 1_000)).toEqual([]);
  expect(await say("resume")).toMatchObject({ code: 3 });
  expect(await say("retry")).toMatchObject({ code: 0 });
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
