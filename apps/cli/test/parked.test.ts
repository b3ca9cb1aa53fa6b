import { loadRun } from "@baton/conductor";
import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderReport } from "../src/report/render-report.ts";
import { collectReport } from "../src/start/collect-report.ts";
import { nothingLost, servesR1 } from "../test-faults/invariants.ts";
import { until } from "./baton-process.ts";
import { asAdmin, databaseOf, disconnect } from "./databases.ts";
import {
  each,
  eventsOf,
  journaled,
  type LivePlatform,
  livePlatform,
  must,
  openRunOf,
  perTenant,
  steady,
} from "./live-platform.ts";
import { type PlatformCopy, quickHold } from "./platform-copy.ts";

let copy: PlatformCopy;
let platform: LivePlatform;
beforeAll(async () => {
  copy = await quickHold();
  await copy.edit("releases/R2/release.yaml", (text) => text.replace("failureBudget: 0", "failureBudget: 1"));
  await onParked("wait", "finish");
  platform = await livePlatform(copy.dir);
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
  await copy.remove();
}, 300_000);

const onParked = (before: string, now: string): Promise<void> =>
  copy.edit("releases/R2/release.yaml", (text) => text.replace(`onParked: ${before}`, `onParked: ${now}`));

/** Takes a tenant's database away from everybody, or gives it back. */
async function setDatabase(tenant: string, there: boolean): Promise<void> {
  const database = await databaseOf(platform, tenant);
  await asAdmin(platform, async (admin) => {
    await admin.query(`alter database "${database}" allow_connections ${there}`);
    if (!there) await disconnect(admin, database);
  });
}

/** Begins a run, takes the tenant's database away as the step begins with it, and drives the run to its hold. */
async function toTheHoldWithout(tenant: string, step: string): Promise<string> {
  const driver = platform.start("run", "R2", "--yes");
  const refused = driver.ended.then((code) => {
    throw new Error(`it ended with ${code} before a run was open: ${driver.stdout()}${driver.stderr()}`);
  });
  const run = await Promise.race([openRunOf(platform), refused]);
  const begins = (event: RunEvent) =>
    event.type === "effect.intended" && event.step === step && event.unit === tenant;
  await journaled(platform, run, begins);
  await setDatabase(tenant, false);
  expect(await driver.ended, driver.stdout()).toBe(4);
  return run;
}

/** What every surface must say of a tenant whose database is away: its name and the cause, not that of something that came of it. */
const TRUE_CAUSE = /BATON-TENANT-UNREACHABLE/;

async function toldEverywhere(run: string, tenant: string): Promise<void> {
  const status = await platform.json("status");
  expect(status.value).toMatchObject({
    run: {
      tenants: { parked: 1, problems: [{ tenant, problem: { code: expect.stringMatching(TRUE_CAUSE) } }] },
    },
  });
  const explained = await platform.json("explain");
  expect(explained.value).toMatchObject({
    waitingFor: expect.stringContaining(tenant),
    parked: [{ tenant, problem: { code: expect.stringMatching(TRUE_CAUSE) } }],
    next: expect.arrayContaining(["baton retry", "baton rollback"]),
  });
  for (const command of ["status", "explain"]) {
    const told = platform.start(command);
    expect(await told.ended).toBe(0);
    const text = told.stdout().replaceAll(/\s+/g, " ");
    expect(text).toContain(`${tenant} parked: `);
    expect(text).toMatch(TRUE_CAUSE);
  }
  const { session, workload } = platform;
  const report = must(await collectReport({ session, run, workload, measuredRollback: null }));
  expect(report.parked).toMatchObject([{ tenant, problem: { code: expect.stringMatching(TRUE_CAUSE) } }]);
  const text = renderReport(report, { width: 200, color: false }).join("\n");
  expect(text).toMatch(new RegExp(`parked +${tenant} parked: .*${TRUE_CAUSE.source}`));
}

/** Which tenants are served by R2 alone. */
async function servedByR2(): Promise<readonly string[]> {
  const tenants = await steady(() => platform.session.ports.tenants.list());
  const served: string[] = [];
  for (const { id } of tenants) {
    const { weights } = await steady(() => platform.session.ports.traffic.route("platform-api", id));
    if (weights["2.0.0"] === 100) served.push(id);
  }
  return served.sort();
}

/** Every other tenant is on R2, and nothing that needs all of them has begun. */
async function onlyThisOneMissing(run: string, tenant: string): Promise<void> {
  const ids = (await steady(() => platform.session.ports.tenants.list())).map(({ id }) => id);
  expect(await servedByR2()).toEqual(ids.filter((id) => id !== tenant).sort());
  const begun = (await eventsOf(platform, run)).filter(
    ({ event }) => "step" in event && event.type !== "run.waiting" && event.step?.startsWith("contract."),
  );
  expect(begun).toEqual([]);
}

/** Approves the hold; who does is told first who keeps the rest from beginning. */
const approved = (): Promise<{ readonly stderr: string }> =>
  until("the hold has baked and is approved", async () => {
    const said = await platform.json("approve", "--yes");
    return said.code === 0 && said;
  });

const loaded = async (run: string) => must(await loadRun(platform.session.journal, run));

test("a tenant's database goes away for good: it is parked with its cause, the others reach R2, nothing is contracted without it; the run finishes or waits as the release says; back, the tenant catches up", {
  timeout: 900_000,
}, async () => {
  const first = await toTheHoldWithout("birch", "pilot.backfill");
  await toldEverywhere(first, "birch");
  expect((await approved()).stderr).toMatch(/birch parked: [\s\S]*the\s+run\s+ends\s+without\s+it/);
  const finished = await platform.json("run", "R2");
  expect(finished).toMatchObject({
    code: 0,
    value: {
      run: first,
      ended: {
        outcome: "succeeded-with-parked",
        reason: expect.stringContaining("birch"),
        next: ["baton explain", "baton retry", "baton rollback"],
      },
      tenants: { parked: 1, problems: [{ tenant: "birch", problem: { code: "BATON-TENANT-UNREACHABLE" } }] },
    },
  });
  await onlyThisOneMissing(first, "birch");
  await setDatabase("birch", true);
  const back = await platform.json("rollback", "--yes", "--reason", "the test goes the other way");
  expect(back).toMatchObject({ code: 0, value: { run: first, ended: { outcome: "rolled-back" } } });
  expect(await servesR1(platform)).toEqual([]);
  expect(await nothingLost(platform, await loaded(first))).toEqual([]);

  await onParked("finish", "wait");
  const second = await toTheHoldWithout("elm", "general.dual-write");
  expect((await approved()).stderr).toMatch(/elm parked: [\s\S]*waits\s+for\s+them/);
  const waits = await platform.json("run", "R2");
  expect(waits).toMatchObject({
    code: 4,
    value: { run: second, ended: null, waiting: { reason: expect.stringContaining("elm") } },
  });
  await onlyThisOneMissing(second, "elm");
  await toldEverywhere(second, "elm");

  await setDatabase("elm", true);
  expect(await platform.json("retry", "--tenant", "nobody")).toMatchObject({ code: 3 });
  expect(await platform.json("retry", "--tenant", "elm")).toMatchObject({ code: 0 });
  const whole = await platform.json("run", "R2");
  expect(whole).toMatchObject({
    code: 0,
    value: { run: second, ended: { outcome: "succeeded" }, tenants: { parked: 0, problems: [] } },
  });
  const plain = await perTenant(platform, "select count(body)::int as n from prompt_versions");
  expect(plain).toEqual(each(plain, 0));
  expect(await servedByR2()).toEqual(Object.keys(plain).sort());
  expect(await nothingLost(platform, await loaded(second))).toEqual([]);
});
