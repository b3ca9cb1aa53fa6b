import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Plan, type Weights } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./baton-process.ts";
import {
  each,
  eventsOf,
  journaled,
  type LivePlatform,
  livePlatform,
  must,
  openRunOf,
  perTenant,
} from "./live-platform.ts";
import { type PlatformCopy, quickHold } from "./platform-copy.ts";

const STALE = `select count(*)::int as n from prompt_versions v left join prompt_ciphertexts c using (prompt_id, version)
  where v.body is not null and c.revision is distinct from v.revision`;
const PLAIN = "select count(body)::int as n from prompt_versions";
/** Rights to write that R1's role has on the table that R2's migration fences; the role of R2 and R2.1 has them all along. */
const OLD_WRITES = `select (has_table_privilege(current_database() || '_r1', 'prompt_versions', 'INSERT')
  or has_table_privilege(current_database() || '_r1', 'prompt_versions', 'UPDATE'))::int as n`;
const CIPHERTEXT_TABLES =
  "select (to_regclass('prompt_ciphertexts') is not null)::int + (to_regclass('prompt_deks') is not null)::int as n";
const NEW_WRITES = `select (has_table_privilege(current_database() || '_r2', 'prompt_versions', 'INSERT')
  and has_table_privilege(current_database() || '_r2', 'prompt_ciphertexts', 'INSERT'))::int as n`;

let copy: PlatformCopy;
let platform: LivePlatform;
beforeAll(async () => {
  copy = await quickHold();
  await addHotfix(copy);
  platform = await livePlatform(copy.dir);
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
  await copy.remove();
}, 300_000);

/**
 * R2.1 follows R1 as R2 does and brings the same program as 2.0.1, with the same migration. R2 itself looks on for a while with
 * half of a ring's requests moved, so that it can be stopped there.
 */
async function addHotfix({ dir, edit }: PlatformCopy): Promise<void> {
  const text = await readFile(join(dir, "releases/R2/release.yaml"), "utf8");
  const hotfix = join(dir, "releases/R2.1/release.yaml");
  await mkdir(dirname(hotfix), { recursive: true });
  await writeFile(
    hotfix,
    text
      .replace("release: R2", "release: R2.1")
      .replaceAll("2.0.0", "2.0.1")
      .replace("encrypt-prompts: migrations/", "encrypt-prompts: ../R2/migrations/"),
  );
  const canary = /^.*id: canary,.*$/m;
  await edit("releases/R2/release.yaml", (before) =>
    before.replace(
      canary,
      (line) => `${line}\n      - { id: look, kind: gate.bake, with: { seconds: 600 } }`,
    ),
  );
}

const acknowledged = async (): Promise<number> => must(await platform.workload.stats()).writes.acknowledged;

/** Waits until the users have been told of so many more writes that they are safe. */
async function writesGoOn(more: number): Promise<void> {
  const from = await acknowledged();
  await until(`${more} more writes`, async () => (await acknowledged()) >= from + more);
}

const unharmed = async (): Promise<void> => {
  const stats = must(await platform.workload.stats());
  expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
  expect(must(await platform.workload.verify())).toMatchObject({ lost: 0, missing: [] });
};

async function routes(): Promise<Readonly<Record<string, Weights>>> {
  const tenants = must(await platform.session.ports.tenants.list());
  const found = await Promise.all(
    tenants.map(async ({ id }) => {
      const { weights } = must(await platform.session.ports.traffic.route("platform-api", id));
      return [id, weights] as const;
    }),
  );
  return Object.fromEntries(found);
}

const running = async (): Promise<readonly string[]> =>
  must(await platform.session.ports.deploy.instances())
    .filter(({ service, state }) => service === "platform-api" && state === "healthy")
    .map(({ version }) => version)
    .sort();

/** Stops R2 with its first ring on 2.0.0, its second ring half moved but for one tenant, and the rest on 1.0.0. */
async function stopHalfway(takenBack: string): Promise<string> {
  const driver = platform.start("run", "R2", "--yes");
  const run = await openRunOf(platform);
  const looking = (ring: string) =>
    journaled(platform, run, (event) => event.type === "step.started" && event.step === `${ring}.look`);
  await looking("internal");
  const skipped = await platform.json("skip", "internal.look", "--reason", "seen enough");
  expect(skipped).toMatchObject({ code: 0 });
  await looking("pilot");
  await platform.json("rollback", "--tenant", takenBack, "--reason", "they saw the bug");
  await until(
    "that tenant is back",
    async () => (await perTenant(platform, CIPHERTEXT_TABLES))[takenBack] === 0,
  );
  const stopped = await platform.json("abort", "--reason", "2.0.0 has a bug");
  expect(stopped).toMatchObject({ code: 0, value: { ended: { outcome: "stopped" } } });
  expect(await driver.ended).toBe(1);
  return run;
}

test("a hotfix over R2 stopped half-way: each tenant goes to 2.0.1 from where it is, back to exactly there, and through the hold to the end", {
  timeout: 900_000,
}, async () => {
  const tenants = must(await platform.session.ports.tenants.list());
  const ringOf = new Map(tenants.map(({ id, ring }) => [id, ring]));
  const takenBack = tenants.find(({ ring }) => ring === "pilot")?.id ?? "";
  const stopped = await stopHalfway(takenBack);

  const there = await routes();
  const [tables, oldWrites] = [
    await perTenant(platform, CIPHERTEXT_TABLES),
    await perTenant(platform, OLD_WRITES),
  ];
  const placeOf = (id: string) => (id === takenBack ? "general" : (ringOf.get(id) ?? ""));
  const expected = (byRing: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(tenants.map(({ id }) => [id, byRing[placeOf(id)]]));
  const half = { "1.0.0": 50, "2.0.0": 50 };
  expect(there).toEqual(expected({ internal: { "2.0.0": 100 }, pilot: half, general: { "1.0.0": 100 } }));
  expect(tables).toEqual(expected({ internal: 2, pilot: 2, general: 0 }));
  expect(oldWrites).toEqual(expected({ internal: 0, pilot: 1, general: 1 }));

  const plain = await platform.json("run", "R2.1", "--yes");
  expect(plain).toMatchObject({ code: 3, value: { problems: [{ code: "BATON-RUN-UNFINISHED" }] } });
  const shown = await platform.json("plan", "R2.1", "--supersede");
  expect(shown).toMatchObject({ code: 0, value: { supersedes: stopped } });
  const plan = Plan.parse(shown.value);
  const left = (id: string) => plan.steps.filter((step) => step.units.includes(id)).map((step) => step.id);
  const internal = tenants.find(({ ring }) => ring === "internal")?.id ?? "";
  expect(left(internal)).toEqual(["internal.canary", "internal.drain", "contract.plaintext"]);
  expect(
    plan.steps.filter(({ kind }) => kind === "service.retire").map(({ input }) => input.version),
  ).toEqual(["2.0.0", "1.0.0"]);

  const first = platform.start("run", "R2.1", "--yes", "--supersede");
  const run = await openRunOf(platform);
  expect(await first.ended).toBe(4);
  expect(await routes()).toEqual(Object.fromEntries(tenants.map(({ id }) => [id, { "2.0.1": 100 }])));
  expect(await running()).toEqual(["1.0.0", "2.0.0", "2.0.1"]);
  await writesGoOn(60);
  expect(await perTenant(platform, STALE)).toEqual(each(tables, 0));
  expect(await perTenant(platform, OLD_WRITES)).toEqual(each(tables, 0));
  expect(await perTenant(platform, NEW_WRITES)).toEqual(each(tables, 1));
  await unharmed();
  const redone = (await eventsOf(platform, run)).filter(
    ({ event }) => event.type === "effect.intended" && event.unit === internal,
  );
  expect(redone.map(({ event }) => (event.type === "effect.intended" ? event.step : ""))).toEqual([
    "internal.canary",
    "internal.drain",
  ]);

  const back = await platform.json("rollback", "--yes", "--reason", "the hotfix is no better");
  expect(back).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });
  expect(await routes()).toEqual(there);
  expect(await perTenant(platform, CIPHERTEXT_TABLES)).toEqual(tables);
  expect(await perTenant(platform, OLD_WRITES)).toEqual(oldWrites);
  expect(await running()).toEqual(["1.0.0", "2.0.0"]);
  await writesGoOn(40);
  await unharmed();

  expect(await platform.start("run", "R2.1", "--yes", "--supersede").ended).toBe(4);
  await until("the hold has baked and is approved", async () => {
    const said = await platform.json("approve", "--yes");
    return said.code === 4 ? null : said;
  });
  expect(await platform.json("run", "R2.1")).toMatchObject({
    code: 0,
    value: { ended: { outcome: "succeeded" } },
  });
  expect(await running()).toEqual(["2.0.1"]);
  expect(await perTenant(platform, PLAIN)).toEqual(each(tables, 0));
  await writesGoOn(40);
  await unharmed();
  expect(await platform.json("audit", "verify")).toMatchObject({ code: 0, value: { intact: true } });
});
