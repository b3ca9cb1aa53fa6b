import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BatonProcess, baton, batonJson, until } from "./baton-process.ts";
import {
  each,
  journaled,
  type LivePlatform,
  livePlatform,
  must,
  openRunOf,
  perTenant,
} from "./live-platform.ts";

const CIPHERTEXT_TABLES =
  "select (to_regclass('prompt_ciphertexts') is not null)::int + (to_regclass('prompt_deks') is not null)::int as n";

let platform: LivePlatform;
beforeAll(async () => {
  platform = await livePlatform();
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
}, 300_000);

const acknowledged = async (): Promise<number> => must(await platform.workload.stats()).writes.acknowledged;

/** Waits until the users have been told of so many more writes that they are safe. */
async function writesGoOn(more: number): Promise<void> {
  const from = await acknowledged();
  await until(`${more} more writes`, async () => (await acknowledged()) >= from + more);
}

interface Point {
  readonly name: string;
  /** Resolves when the run has come there. */
  readonly reached: (run: string, driver: BatonProcess) => Promise<void>;
  /** Exit codes that the `baton run` which drove it may have: it may come to the hold before the rollback is asked for. */
  readonly exits: readonly number[];
}

const event = (what: (e: RunEvent) => boolean) => (run: string) => journaled(platform, run, what);

const POINTS: readonly Point[] = [
  {
    name: "in the pilot ring's backfill",
    reached: event((e) => e.type === "effect.intended" && e.step === "pilot.backfill"),
    exits: [1],
  },
  {
    name: "after the general ring's switch",
    reached: event((e) => e.type === "step.ended" && e.step === "general.switch"),
    exits: [1, 4],
  },
  {
    name: "at the hold",
    reached: async (_run, driver) => {
      await driver.ended;
    },
    exits: [4],
  },
];

test.for(POINTS)(
  "rolls back live $name: R1 serves again and every acknowledged write is readable, those made under R2 included",
  { timeout: 900_000 },
  async ({ reached, exits }) => {
    const { session, workload } = platform;
    const driver = baton(platform.dir, ["run", "R2", "--yes"]);
    const run = await openRunOf(platform);
    await journaled(platform, run, (e) => e.type === "step.ended" && e.step === "internal.drain");
    // All of the internal tenant's requests go to R2 from here on.
    await writesGoOn(5);
    await reached(run, driver);
    if (!exits.includes(1)) await writesGoOn(50);

    const back = await batonJson(platform.dir, ["rollback", "--yes", "--reason", "the test wants R1"]);
    expect(back).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });
    expect(exits).toContain(await driver.ended);

    const tenants = must(await session.ports.tenants.list());
    const routes = await Promise.all(tenants.map((t) => session.ports.traffic.route("platform-api", t.id)));
    expect(routes.map((route) => must(route).weights)).toEqual(tenants.map(() => ({ "1.0.0": 100 })));
    const instances = must(await session.ports.deploy.instances());
    expect(instances.map((i) => [i.id, i.state]).sort()).toEqual([
      ["gateway@1.0.0", "healthy"],
      ["identity@1.0.0", "healthy"],
      ["platform-api@1.0.0", "healthy"],
    ]);
    const tables = await perTenant(platform, CIPHERTEXT_TABLES);
    expect(tables).toEqual(each(tables, 0));

    await writesGoOn(20);
    expect(must(await workload.verify())).toMatchObject({ lost: 0, missing: [] });
    expect(must(await workload.stats())).toMatchObject({ requests: { failed: 0 }, recentFailures: [] });
    expect(await batonJson(platform.dir, ["audit", "verify"])).toMatchObject({
      code: 0,
      value: { intact: true },
    });
  },
);
