import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../test/baton-process.ts";
import {
  each,
  eventsOf,
  type LivePlatform,
  livePlatform,
  openRunOf,
  perTenant,
  steady,
} from "../test/live-platform.ts";
import { type PlatformCopy, quickHold } from "../test/platform-copy.ts";
import { FAULTS } from "./faults/all-faults.ts";
import { allEncrypted, noPlaintext, nothingLost, servesR1 } from "./invariants.ts";
import { driveLeg, type Leg, type LegEnd, type PlannedFault } from "./leg.ts";
import { atHold } from "./soak.ts";

/** The release's last step takes a moment; behind this one the run is under way still when its conductor is killed there. */
const AFTER_RETIRE = "      - { id: settle, kind: gate.bake, with: { seconds: 10 } }";

let copy: PlatformCopy;
let platform: LivePlatform;
beforeAll(async () => {
  copy = await quickHold();
  await copy.edit("releases/R2/release.yaml", (text) => `${text.trimEnd()}\n${AFTER_RETIRE}\n`);
  platform = await livePlatform(copy.dir);
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
  await copy.remove();
}, 120_000);

const kill = (direction: "do" | "undo", step: string, event: "intended" | "done", nth = 1): PlannedFault => ({
  fault: "conductor-kill",
  moment: { step, event: `effect.${event}`, direction, nth },
  tenant: "",
  lastsMs: 0,
});

const TO_THE_HOLD: readonly PlannedFault[] = [
  kill("do", "prepare.keys", "intended", 5),
  kill("do", "prepare.deploy", "intended"),
  kill("do", "internal.backfill", "intended"),
  kill("do", "pilot.canary", "done", 2),
  kill("do", "pilot.fence", "intended"),
  kill("do", "general.backfill", "intended", 6),
  kill("do", "general.switch", "done", 5),
];

const THROUGH_THE_HOLD: readonly PlannedFault[] = [
  kill("do", "contract.plaintext", "intended", 2),
  kill("do", "contract.plaintext", "done", 4),
  kill("do", "contract.plaintext", "intended", 11),
  kill("do", "contract.retire", "intended"),
];

const BACK: readonly PlannedFault[] = [
  kill("undo", "contract.retire", "intended"),
  kill("undo", "contract.plaintext", "intended", 2),
  kill("undo", "contract.plaintext", "done", 5),
  kill("undo", "contract.plaintext", "done", 11),
  kill("undo", "general.switch", "intended", 3),
  kill("undo", "general.drain", "intended", 4),
  kill("undo", "general.dual-write", "done", 5),
  kill("undo", "pilot.canary", "done"),
  kill("undo", "internal.expand", "intended"),
];

/** Drives one way with kills; each of them must have found a conductor to kill, and everything must be there after the last. */
async function drive(leg: Pick<Leg, "run" | "command" | "arrived" | "planned">): Promise<LegEnd> {
  const common = { faults: FAULTS, say: () => undefined, signal: new AbortController().signal };
  const end = await driveLeg({ ...common, ...leg, platform });
  expect(end.records.filter((record) => record.struck === null)).toEqual([]);
  expect(end.records).toHaveLength(leg.planned.length);
  expect(await nothingLost(platform, end.loaded)).toEqual([]);
  return end;
}

/** Waits until the users have been told of so many more writes that they are safe. */
async function writesGoOn(more: number): Promise<void> {
  const acknowledged = async () => (await steady(() => platform.workload.stats())).writes.acknowledged;
  const from = await acknowledged();
  await until(`${more} more writes`, async () => (await acknowledged()) >= from + more);
}

const ONLY_IN_CIPHERTEXT = "select count(*)::int as n from prompt_versions where body is null";
const isUndo = (step: string) => (event: RunEvent) =>
  event.type === "effect.intended" && event.step === step && event.direction === "undo";

test("kill -9 of the conductor at 20 moments of one run, to the hold, through contract and retire, and all the way back: each time the next one goes on; nothing is lost, nothing doubled", {
  timeout: 1_800_000,
}, async () => {
  expect(TO_THE_HOLD.length + THROUGH_THE_HOLD.length + BACK.length).toBe(20);
  const { run, loaded } = await drive({
    run: () => openRunOf(platform),
    command: ["run", "R2", "--yes"],
    arrived: (there) => atHold(there) || there.state.ended !== null,
    planned: TO_THE_HOLD,
  });
  expect(atHold(loaded)).toBe(true);
  expect(await allEncrypted(platform)).toEqual([]);

  await until("the hold has baked and is approved", async () => {
    return (await platform.json("approve", "--yes")).code === 0;
  });
  const sameRun = { run: async () => run, arrived: ({ state }: LegEnd["loaded"]) => state.ended !== null };
  const through = await drive({ ...sameRun, command: ["run", "R2"], planned: THROUGH_THE_HOLD });
  expect(through.loaded.state.ended).toMatchObject({ outcome: "succeeded" });
  expect(await noPlaintext(platform)).toEqual([]);
  const serving = (await steady(() => platform.session.ports.deploy.instances()))
    .filter(({ state }) => state === "healthy")
    .map(({ id }) => id);
  expect(serving).toContain("platform-api@2.0.0");
  expect(serving).not.toContain("platform-api@1.0.0");
  // Written where no plaintext is left: what the reverse backfill must bring back.
  await writesGoOn(60);

  const back = await drive({ ...sameRun, command: ["rollback", "--yes"], planned: BACK });
  expect(back.loaded.state.ended).toMatchObject({ outcome: "rolled-back" });
  expect(await servesR1(platform)).toEqual([]);
  const lone = await perTenant(platform, ONLY_IN_CIPHERTEXT);
  expect(lone).toEqual(each(lone, 0));
  const events = (await eventsOf(platform, run)).map(({ event }) => event);
  expect(events.filter(isUndo("contract.plaintext"))).toHaveLength(Object.keys(lone).length);
  await writesGoOn(20);
  const stats = await steady(() => platform.workload.stats());
  expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
});
