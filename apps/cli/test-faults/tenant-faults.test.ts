import { afterAll, beforeAll, expect, test } from "vitest";
import { batonJson } from "../test/baton-process.ts";
import { asAdmin, databaseOf, disconnect } from "../test/databases.ts";
import { type LivePlatform, livePlatform, openRunOf, steady } from "../test/live-platform.ts";
import { FAULTS } from "./faults/all-faults.ts";
import type { Fault } from "./faults/fault.ts";
import { nothingLost, servesR1 } from "./invariants.ts";
import { driveLeg, type Leg, type LegEnd } from "./leg.ts";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 120_000);

const forward = (leg: Pick<Leg, "planned" | "faults">): Promise<LegEnd> =>
  driveLeg({
    ...leg,
    platform,
    run: () => openRunOf(platform),
    command: ["run", "R2", "--yes"],
    arrived: ({ state }) => state.waiting !== null || state.ended !== null,
    say: () => undefined,
    signal: new AbortController().signal,
  });

test("a tenant's database stays read-only: the run turns round, names the tenant and waits for a person; once it is writable, rollback brings R1 back", {
  timeout: 900_000,
}, async () => {
  const { run, loaded, records } = await forward({
    faults: FAULTS,
    planned: [
      {
        fault: "tenant-read-only",
        moment: { step: "pilot.dual-write", event: "effect.intended", direction: "do", nth: 1 },
        tenant: "cedar",
        lastsMs: 300_000,
      },
    ],
  });
  expect(records.map(({ struck }) => struck)).toEqual([expect.stringContaining("cedar")]);
  expect(loaded.state.ended).toMatchObject({
    outcome: "needs-operator",
    reason: expect.stringContaining("cedar"),
  });
  const back = await batonJson(platform.dir, ["rollback", "--yes"]);
  expect(back).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });
  expect(await servesR1(platform)).toEqual([]);
  expect(await nothingLost(platform, loaded)).toEqual([]);
});

/** Tells the users to rest, or to go on. */
async function users(what: "pause" | "resume"): Promise<void> {
  const { helpers } = await steady(() => platform.session.supervisor.state());
  const url = helpers.find(({ name }) => name === "workload")?.url;
  const answer = await fetch(`${url}/${what}`, { method: "POST" });
  expect(answer.status).toBe(200);
}

/** Somebody puts the copy of before the migration in the place of a tenant's database. */
const restored = (copy: string, database: string): Fault => ({
  name: "tenant-restored",
  words: "a tenant's database is restored from before the migration",
  harmsRequests: false,
  mayTurn: true,
  mayEndConductor: false,
  strike: async () => ({
    what: database,
    heal: () =>
      asAdmin(platform, async (admin) => {
        await admin.query(`drop database "${database}" with (force)`);
        await admin.query(`alter database "${copy}" rename to "${database}"`);
      }),
  }),
});

test("a tenant's database is restored from before the migration while the run is at work: the run sees that the stages are gone, says so and brings R1 back", {
  timeout: 900_000,
}, async () => {
  const database = await databaseOf(platform, "aster");
  const copy = `${database}_before`;
  await users("pause");
  await asAdmin(platform, async (admin) => {
    await admin.query(`alter database "${database}" allow_connections false`);
    await disconnect(admin, database);
    await admin.query(`create database "${copy}" template "${database}" strategy file_copy`);
    await admin.query(`alter database "${database}" allow_connections true`);
  });
  const { loaded } = await forward({
    faults: new Map([["tenant-restored", restored(copy, database)]]),
    planned: [
      {
        fault: "tenant-restored",
        moment: { step: "pilot.fence", event: "effect.done", direction: "do", nth: 3 },
        tenant: "aster",
        lastsMs: 0,
      },
    ],
  });
  await users("resume");
  expect(loaded.state.ended).toMatchObject({ outcome: "rolled-back", reason: expect.any(String) });
  expect(loaded.state.rollback?.reason).toContain("aster");
  expect(await servesR1(platform)).toEqual([]);
  // The restore took the tenant's own ledger back with it; that, and nothing else, is missing.
  const gone = /^\S+\/aster\/do\/0 is journaled as done, its tenant knows nothing of it$/;
  const violations = await nothingLost(platform, loaded);
  expect(violations.filter((words) => gone.test(words)).length).toBeGreaterThan(0);
  expect(violations.filter((words) => !gone.test(words))).toEqual([]);
});
