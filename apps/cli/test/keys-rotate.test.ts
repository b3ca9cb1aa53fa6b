import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./baton-process.ts";
import { each, type LivePlatform, livePlatform, must, openRunOf, perTenant } from "./live-platform.ts";
import { type PlatformCopy, quickHold } from "./platform-copy.ts";

/** A small release that only rotates. */
const ROTATION = `release: R2-keys
from: R2
title: New keys
channel: Preview
onFailure: rollback
migrations:
  prompt-keys: ../R2/migrations/prompt-keys
phases:
  - id: ring
    each: rings
    steps:
      - { id: rotate, kind: keys.rotate, each: tenants, with: { key: "dcoder-\${tenant}", wrapped: prompt-keys } }
`;
const BELOW =
  "select count(*)::int as n from prompt_deks where substring(wrapped from '^vault:v([0-9]+):')::int < 2";
const DATA_KEYS = "select count(*)::int as n from prompt_deks";

let copy: PlatformCopy;
let platform: LivePlatform;
beforeAll(async () => {
  copy = await quickHold(1);
  await mkdir(join(copy.dir, "releases/R2-keys"));
  await writeFile(join(copy.dir, "releases/R2-keys/release.yaml"), ROTATION);
  platform = await livePlatform(copy.dir);
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
  await copy.remove();
}, 300_000);

test("M296 P022 every tenant's key is rotated under live writes: no data key below, older versions open nothing, no request fails, nothing is lost; and back", {
  timeout: 900_000,
}, async () => {
  const atHold = platform.start("run", "R2", "--yes");
  await openRunOf(platform);
  expect(await atHold.ended).toBe(4);
  await until("the hold has baked and is approved", async () => {
    const said = await platform.json("approve", "--yes");
    return said.code === 0;
  });
  const arrived = await platform.json("run", "R2");
  expect(arrived).toMatchObject({ code: 0, value: { ended: { outcome: "succeeded" } } });
  const residue = (arrived.value as { residue: { id: string; state: string; rows: number | null }[] })
    .residue;
  expect(residue.find(({ id }) => id === "answers")).toMatchObject({ state: "gone", rows: 0 });
  // Nobody has backed this platform up, which is looked up and not supposed.
  expect(residue.find(({ id }) => id === "backups")).toMatchObject({ state: "gone" });
  expect(arrived.stderr).toContain("Left of the old shape");

  const rotated = await platform.json("run", "R2-keys", "--yes");
  expect(rotated).toMatchObject({ code: 0, value: { ended: { outcome: "succeeded" } } });
  const [below, dataKeys] = [await perTenant(platform, BELOW), await perTenant(platform, DATA_KEYS)];
  expect(below).toEqual(each(below, 0));
  expect(Math.min(...Object.values(dataKeys))).toBeGreaterThan(0);
  const versions = async () =>
    Promise.all(
      Object.keys(below).map(async (tenant) => {
        const info = must(await platform.session.ports.keys.describe(`dcoder-${tenant}`));
        return [info?.latestVersion, info?.minDecryptionVersion];
      }),
    );
  expect(new Set((await versions()).map(String))).toEqual(new Set(["2,2"]));
  const from = must(await platform.workload.stats()).writes.acknowledged;
  await until("50 more writes", async () => {
    return must(await platform.workload.stats()).writes.acknowledged >= from + 50;
  });
  expect(must(await platform.workload.verify())).toMatchObject({ lost: 0, missing: [] });

  const back = await platform.json("rollback", "--yes");
  expect(back).toMatchObject({ code: 0, value: { ended: { outcome: "rolled-back" } } });
  expect(new Set((await versions()).map(String))).toEqual(new Set(["2,1"]));
  expect(must(await platform.workload.verify())).toMatchObject({ lost: 0, missing: [] });
  const stats = must(await platform.workload.stats());
  expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
});
