import { afterAll, beforeAll, expect, test } from "vitest";
import { type LivePlatform, livePlatform, openRunOf, steady } from "../test/live-platform.ts";
import { FAULTS } from "./faults/all-faults.ts";
import { allEncrypted, nothingLost, servesR1 } from "./invariants.ts";
import { driveLeg, type PlannedFault } from "./leg.ts";
import { atHold } from "./soak.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 120_000);

const kill = (direction: "do" | "undo", step: string, event: "intended" | "done", nth = 1): PlannedFault => ({
  fault: "conductor-kill",
  moment: { step, event: `effect.${event}`, direction, nth },
  tenant: "",
  lastsMs: 0,
});

const FORWARD: readonly PlannedFault[] = [
  kill("do", "prepare.keys", "intended", 5),
  kill("do", "prepare.deploy", "intended"),
  kill("do", "internal.expand", "done"),
  kill("do", "internal.backfill", "intended"),
  kill("do", "pilot.dual-write", "intended", 2),
  kill("do", "pilot.canary", "done", 2),
  kill("do", "pilot.drain", "done"),
  kill("do", "pilot.fence", "intended"),
  kill("do", "general.expand", "done", 4),
  kill("do", "general.backfill", "intended", 6),
  kill("do", "general.sweep", "done", 3),
  kill("do", "general.verify", "intended"),
  kill("do", "general.switch", "done", 5),
];

const BACK: readonly PlannedFault[] = [
  kill("undo", "general.switch", "intended", 3),
  kill("undo", "general.fence", "done", 2),
  kill("undo", "general.drain", "intended", 4),
  kill("undo", "general.dual-write", "done", 5),
  kill("undo", "pilot.canary", "done"),
  kill("undo", "pilot.expand", "intended", 2),
  kill("undo", "internal.expand", "intended"),
];

const common = { faults: FAULTS, say: () => undefined, signal: new AbortController().signal };

test("kill -9 of the conductor at 20 moments of one run, to the hold and back: each time the next one goes on; nothing is lost, nothing doubled", {
  timeout: 900_000,
}, async () => {
  const forward = await driveLeg({
    ...common,
    platform,
    run: () => openRunOf(platform),
    command: ["run", "R2", "--yes"],
    arrived: (loaded) => atHold(loaded) || loaded.state.ended !== null,
    planned: FORWARD,
  });
  expect(atHold(forward.loaded)).toBe(true);
  expect(forward.records.filter((record) => record.struck === null)).toEqual([]);
  expect(await allEncrypted(platform)).toEqual([]);
  expect(await nothingLost(platform, forward.loaded)).toEqual([]);

  const back = await driveLeg({
    ...common,
    platform,
    run: async () => forward.run,
    command: ["rollback", "--yes"],
    arrived: ({ state }) => state.ended !== null,
    planned: BACK,
  });
  expect(back.loaded.state.ended).toMatchObject({ outcome: "rolled-back" });
  expect(back.records.length + forward.records.length).toBe(20);
  expect(back.records.filter((record) => record.struck === null)).toEqual([]);
  expect(await servesR1(platform)).toEqual([]);
  expect(await nothingLost(platform, back.loaded)).toEqual([]);
  const stats = await steady(() => platform.workload.stats());
  expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
});
