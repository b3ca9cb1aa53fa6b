import { loadRun } from "@baton/conductor";
import type { RunEvent } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conductorPid, until } from "./baton-process.ts";
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

const PLAIN = "select count(body)::int as n from prompt_versions";
const NO_PLAIN = "select count(*)::int as n from prompt_versions where body is null";
const CIPHERTEXT_TABLES =
  "select (to_regclass('prompt_ciphertexts') is not null)::int + (to_regclass('prompt_deks') is not null)::int as n";
const CONTRACT = "contract.plaintext";

let copy: PlatformCopy;
let platform: LivePlatform;
beforeAll(async () => {
  copy = await quickHold();
  platform = await livePlatform(copy.dir);
}, 300_000);
afterAll(async () => {
  expect(await platform.end()).toEqual([]);
  await copy.remove();
}, 120_000);

const acknowledged = async (): Promise<number> => must(await platform.workload.stats()).writes.acknowledged;

/** Waits until the users have been told of so many more writes that they are safe. */
async function writesGoOn(more: number): Promise<void> {
  const from = await acknowledged();
  await until(`${more} more writes`, async () => (await acknowledged()) >= from + more);
}

/** Ends who drives the run as the kernel would: no handler runs, nothing is said. */
async function kill(slot: "conductor" | "rollback"): Promise<void> {
  const pid = await conductorPid(platform.dir, slot);
  if (pid === null) throw new Error("nobody conducts");
  await platform.processes.look();
  process.kill(pid, "SIGKILL");
}

const isIntent = (step: string, direction: "do" | "undo") => (event: RunEvent) =>
  event.type === "effect.intended" && event.step === step && event.direction === direction;
const isDone = (step: string, direction: "do" | "undo") => (event: RunEvent) =>
  event.type === "effect.done" && event.step === step && event.key.includes(`/${direction}/`);

const unharmed = async (): Promise<void> => {
  const stats = must(await platform.workload.stats());
  expect(stats).toMatchObject({ running: true, requests: { failed: 0 }, recentFailures: [] });
  expect(must(await platform.workload.verify())).toMatchObject({ lost: 0, missing: [] });
};

test("through the hold and back: approved, contracted, R1 retired, ciphertext only; then the reverse backfill, and R1 serves every acknowledged write; the conductor killed in each", {
  timeout: 590_000,
}, async () => {
  const atHold = platform.start("run", "R2", "--yes");
  const run = await openRunOf(platform);
  expect(await atHold.ended).toBe(4);
  const early = await platform.json("approve", "--step", CONTRACT, "--yes");
  expect(early).toMatchObject({ code: 3, value: { problems: [{ code: "BATON-RUN-NO-APPROVAL" }] } });
  const approved = await until("the hold has baked and is approved", async () => {
    const said = await platform.json("approve", "--yes");
    return said.code === 4 ? null : said;
  });
  expect(approved).toMatchObject({
    code: 0,
    value: { run, step: "hold.approval", approved: true, drivenBy: null, next: ["baton run R2"] },
  });
  expect(approved.stderr).toContain("loses nothing");

  const first = platform.start("run", "R2");
  await journaled(platform, run, isDone(CONTRACT, "do"));
  await kill("conductor");
  expect(await first.ended).not.toBe(0);
  const second = await platform.json("run", "R2");
  expect(second).toMatchObject({ code: 0, value: { run, ended: { outcome: "succeeded" } } });
  await writesGoOn(60);
  const plain = await perTenant(platform, PLAIN);
  expect(plain).toEqual(each(plain, 0));
  const ids = async () =>
    must(await platform.session.ports.deploy.instances()).map((one) => `${one.id} ${one.state}`);
  expect(await ids()).not.toContain("platform-api@1.0.0 healthy");
  await unharmed();

  const back = platform.start("rollback", "--yes", "--reason", "the test wants R1");
  await journaled(platform, run, isDone(CONTRACT, "undo"));
  await kill("rollback");
  expect(await back.ended).not.toBe(0);
  const { state } = must(await loadRun(platform.session.journal, run));
  expect(state).toMatchObject({ status: "rolling-back", ended: null });
  const rest = await platform.json("rollback", "--yes");
  expect(rest).toMatchObject({ code: 0, value: { run, ended: { outcome: "rolled-back" } } });

  const tenants = must(await platform.session.ports.tenants.list());
  const routes = await Promise.all(
    tenants.map((t) => platform.session.ports.traffic.route("platform-api", t.id)),
  );
  expect(routes.map((route) => must(route).weights)).toEqual(tenants.map(() => ({ "1.0.0": 100 })));
  expect((await ids()).sort()).toEqual([
    "gateway@1.0.0 healthy",
    "identity@1.0.0 healthy",
    "platform-api@1.0.0 healthy",
  ]);
  const [tables, lone] = [await perTenant(platform, CIPHERTEXT_TABLES), await perTenant(platform, NO_PLAIN)];
  expect([tables, lone]).toEqual([each(tables, 0), each(lone, 0)]);
  await writesGoOn(20);
  await unharmed();
  const events = (await eventsOf(platform, run)).map(({ event }) => event);
  expect(events.filter(isIntent(CONTRACT, "undo"))).toHaveLength(tenants.length);
  expect(events.filter(isDone(CONTRACT, "undo"))).toHaveLength(tenants.length);
  expect(await platform.json("audit", "verify")).toMatchObject({ code: 0, value: { intact: true } });
});
