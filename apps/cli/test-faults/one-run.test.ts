import { afterAll, beforeAll, expect, test } from "vitest";
import { type LivePlatform, livePlatform, openRunOf, steady } from "../test/live-platform.ts";
import { FAULTS } from "./faults/all-faults.ts";
import { noSmallDisk } from "./faults/journal-disk.ts";
import { allEncrypted, nothingLost, servesR1 } from "./invariants.ts";
import { driveLeg, type FaultRecord, type PlannedFault } from "./leg.ts";
import { atHold } from "./soak.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 120_000);

const common = { faults: FAULTS, say: () => undefined, signal: new AbortController().signal };

const at = (
  fault: string,
  direction: "do" | "undo",
  step: string,
  event: "intended" | "done",
  more: Partial<PlannedFault> = {},
): PlannedFault => ({
  fault,
  moment: { step, event: `effect.${event}`, direction, nth: 1 },
  tenant: "",
  lastsMs: 3_000,
  ...more,
});

const FORWARD: readonly PlannedFault[] = [
  at("clock-forward", "do", "prepare.keys", "done"),
  at("table-lock", "do", "prepare.deploy", "intended", { tenant: "dcoder", lastsMs: 8_000 }),
  at("service-kill", "do", "internal.backfill", "intended"),
  at("postgres-kill", "do", "pilot.expand", "done"),
  at("tenant-down", "do", "pilot.backfill", "intended", { tenant: "birch" }),
  at("journal-disk-full", "do", "general.expand", "intended", { lastsMs: 10_000 }),
  at("clock-back", "do", "general.backfill", "done"),
  at("conductor-stop", "do", "general.verify", "intended"),
];

const BACK: readonly PlannedFault[] = [
  at("postgres-kill", "undo", "general.switch", "intended"),
  at("tenant-down", "undo", "general.canary", "done", { tenant: "elm", lastsMs: 2_000 }),
  at("service-kill", "undo", "pilot.drain", "intended"),
  at("clock-back", "undo", "internal.expand", "intended"),
];

/** Faults by which no request of a user may fail, and by which some did. */
const blamed = (records: readonly FaultRecord[]): readonly FaultRecord[] =>
  records.filter((r) => r.failedRequests > 0 && FAULTS.get(r.fault)?.harmsRequests !== true);

const notStruck = (records: readonly FaultRecord[]): readonly string[] =>
  records.filter(({ struck }) => struck === null).map(({ fault, moment }) => `${fault} at ${moment}`);

test("servers killed, a tenant away, a lock held, a full disk, a jumping clock, a sleeping conductor: one run passes them all to the hold, and back", {
  timeout: 900_000,
}, async () => {
  const noDisk = await noSmallDisk(platform.dir);
  if (noDisk !== null) console.info(`the journal's disk is not filled: ${noDisk}`);
  const forward = await driveLeg({
    ...common,
    platform,
    run: () => openRunOf(platform),
    command: ["run", "R2", "--yes"],
    arrived: (loaded) => atHold(loaded) || loaded.state.ended !== null,
    planned: FORWARD.filter(({ fault }) => noDisk === null || fault !== "journal-disk-full"),
  });
  expect(forward.loaded.state.ended).toBe(null);
  expect(atHold(forward.loaded)).toBe(true);
  expect(notStruck(forward.records)).toEqual([]);
  expect(blamed(forward.records)).toEqual([]);
  expect(await allEncrypted(platform)).toEqual([]);

  const back = await driveLeg({
    ...common,
    platform,
    run: async () => forward.run,
    command: ["rollback", "--yes"],
    arrived: ({ state }) => state.ended !== null,
    planned: BACK,
  });
  expect(back.loaded.state.ended).toMatchObject({ outcome: "rolled-back" });
  expect(notStruck(back.records).length).toBeLessThan(BACK.length);
  expect(blamed(back.records)).toEqual([]);
  expect(await servesR1(platform)).toEqual([]);
  expect(await nothingLost(platform, back.loaded)).toEqual([]);

  const { requests, running } = await steady(() => platform.workload.stats());
  const attributed = [...forward.records, ...back.records].reduce((sum, r) => sum + r.failedRequests, 0);
  expect({ running, unexplained: requests.failed - attributed }).toEqual({ running: true, unexplained: 0 });
});
