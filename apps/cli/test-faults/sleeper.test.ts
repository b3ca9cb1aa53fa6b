import { loadRun } from "@baton/conductor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { baton, batonJson, conductorPid } from "../test/baton-process.ts";
import {
  eventsOf,
  journaled,
  type LivePlatform,
  livePlatform,
  openRunOf,
  steady,
} from "../test/live-platform.ts";
import { nothingLost, servesR1 } from "./invariants.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 120_000);

test("a conductor stopped in the middle of effects sleeps past its lease while another takes the run back; woken, it performs and journals nothing more", {
  timeout: 900_000,
}, async () => {
  const sleeper = baton(platform.dir, ["run", "R2", "--yes"]);
  const run = await openRunOf(platform);
  await journaled(platform, run, (e) => e.type === "effect.intended" && e.step === "pilot.fence");
  const pid = await conductorPid(platform.dir);
  if (pid === null) throw new Error("nobody conducts");
  process.kill(pid, "SIGSTOP");
  await platform.processes.look();
  let position: number | undefined;
  try {
    const back = await batonJson(platform.dir, ["rollback", "--yes"]);
    expect(back).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });
    position = (await eventsOf(platform, run)).at(-1)?.stored.position;
  } finally {
    process.kill(pid, "SIGCONT");
  }
  expect(await sleeper.ended).not.toBe(0);
  expect(sleeper.stderr()).toContain("BATON-RUN-LEASE-LOST");
  expect((await eventsOf(platform, run)).at(-1)?.stored.position).toBe(position);
  expect(await servesR1(platform)).toEqual([]);
  const loaded = await steady(() => loadRun(platform.session.journal, run));
  expect(await nothingLost(platform, loaded)).toEqual([]);
  const stats = await steady(() => platform.workload.stats());
  expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
});
