import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EffectClass, type Journal, type Plan, planHash } from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import { type TestDatabase, testDatabase } from "@baton/testkit";
import { sha256 } from "@baton/testkit/arbitraries/sha256";
import { aPlan } from "@baton/testkit/builders/index";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadRun, requestRollback } from "../src/index.ts";
import { startDriver } from "./driver.ts";
import { doings, filePerformer } from "./file-world.ts";
import { ana, codes, driveToEnd, eventsOf, every, openApproved, value } from "./runs.ts";

const tenants = ["a", "b", "c"];
const plan = aPlan({
  tenants,
  limits: { units: 2, perHost: 2, attempts: 9, backoffSeconds: 0.001 },
  steps: [
    { id: "main.one" },
    { id: "main.each", after: ["main.one"], units: tenants },
    { id: "main.last", after: ["main.each"] },
  ],
});
const effects = ["main.each__a", "main.each__b", "main.each__c", "main.last__-", "main.one__-"];

let database: TestDatabase;
let journal: Journal;
beforeAll(async () => {
  database = await testDatabase("conductor");
  journal = value(await createPostgresJournal({ url: database.url }));
});
afterAll(async () => {
  await journal.close();
  await database.drop();
});

/** A run in an environment and a folder of its own. */
async function openRunHere(drafted: Plan = plan): Promise<{ run: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "baton-conductor-"));
  const environment = `e${folder
    .slice(-6)
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "x")}`;
  const own = { ...drafted, environment };
  return { run: await openApproved(journal, { ...own, hash: planHash(own, sha256) }), folder };
}

/** Ends the lease of a conductor that is known to be dead, so that nobody has to wait for it. */
async function bury(run: string): Promise<void> {
  const lease = value(await journal.leaseOf(`run/${run}`));
  if (lease !== null) await journal.release(lease);
}

const present = async (folder: string) =>
  (await readdir(folder)).filter((name) => name !== "doings.log").sort();

/** Every effect came into the world once, whoever brought it. */
function createdOnce(folder: string): void {
  const created = doings(folder).filter(({ what }) => what === "created");
  expect(created.map(({ key }) => key).sort()).toEqual([...new Set(created.map(({ key }) => key))].sort());
}

const deaths = [
  "effect:before",
  "before:effect.intended",
  "after:effect.intended",
  "effect:begin",
  "effect:half",
  "effect:end",
  "before:effect.done",
  "after:effect.done",
  "before:step.ended",
  "after:step.ended",
  "before:run.ended",
  "after:run.ended",
];

test("killed with -9 at any point, again and again, a run goes on to its end and no effect comes twice", async () => {
  const { run, folder } = await openRunHere();
  for (const where of deaths) {
    const driver = startDriver({ url: database.url, run, folder, ttlMs: 30_000, die: { where, at: 1 } });
    const { signal, last, errors } = await driver.ended;
    expect(signal, `${where}: ${JSON.stringify(last)} ${errors}`).toBe("SIGKILL");
    await bury(run);
  }
  const end = await driveToEnd({ journal, run, performers: every(filePerformer(folder)) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect(end.state.anomalies).toEqual({ count: 0, last: null });
  expect(await present(folder)).toEqual(effects);
  createdOnce(folder);
  const events = await eventsOf(journal, run);
  expect(events.filter((event) => event.type === "effect.done")).toHaveLength(5);
  await rm(folder, { recursive: true });
});

test("killed while it takes a run back, the next one takes it back to the end", async () => {
  const { run, folder } = await openRunHere();
  const forward = startDriver({
    url: database.url,
    run,
    folder,
    ttlMs: 30_000,
    die: { where: "effect:begin", at: 5 },
  });
  expect((await forward.ended).signal).toBe("SIGKILL");
  await bury(run);
  value(await requestRollback({ journal, run, by: ana, reason: "test" }));
  for (const where of [
    "after:run.rolling-back",
    "after:effect.intended",
    "effect:half",
    "before:effect.done",
    "after:step.ended",
  ]) {
    const driver = startDriver({ url: database.url, run, folder, ttlMs: 30_000, die: { where, at: 1 } });
    const { signal, last, errors } = await driver.ended;
    expect(signal, `${where}: ${JSON.stringify(last)} ${errors}`).toBe("SIGKILL");
    await bury(run);
  }
  const end = await driveToEnd({ journal, run, performers: every(filePerformer(folder)) });
  expect(end.state.ended?.outcome).toBe("rolled-back");
  expect(end.state.anomalies).toEqual({ count: 0, last: null });
  expect(await present(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test("one drives, one stands by; when the first is killed, the other goes on once its lease is over", async () => {
  const { run, folder } = await openRunHere();
  const first = startDriver({ url: database.url, run, folder, ttlMs: 3_000, linger: true });
  await first.hears("in-effect");
  const second = startDriver({ url: database.url, run, folder, ttlMs: 30_000, standBy: true });
  await second.hears("standing-by");
  first.signal("SIGKILL");
  expect(await second.hears("end")).toMatchObject({ outcome: "succeeded" });
  expect(await present(folder)).toEqual(effects);
  createdOnce(folder);
  await Promise.all([first.ended, second.ended]);
  await rm(folder, { recursive: true });
});

test("a conductor that wakes up after its lease performs nothing more, and its epoch is refused", async () => {
  const { run, folder } = await openRunHere();
  const first = startDriver({ url: database.url, run, folder, ttlMs: 3_000, linger: true });
  await first.hears("in-effect");
  const old = value(await journal.leaseOf(`run/${run}`));
  first.signal("SIGSTOP");
  const second = await driveToEnd({ journal, run, performers: every(filePerformer(folder)), standBy: true });
  expect(second.state.ended?.outcome).toBe("succeeded");
  const before = doings(folder);
  first.signal("SIGCONT");
  expect((await first.ended).last).toMatchObject({ said: "problem", code: "BATON-RUN-LEASE-LOST" });
  expect(doings(folder)).toEqual(before);
  const refused = await journal.append([{ stream: `run/${run}`, expectedSeq: null, events: [] }], old);
  expect(codes(refused)).toEqual(["BATON-JOURNAL-EPOCH"]);
  const epochs = value(await journal.read(`run/${run}`)).map((event) => event.epoch);
  expect(epochs.filter((epoch) => epoch > 0)).toEqual(
    epochs.filter((epoch) => epoch > 0).sort((a, b) => a - b),
  );
  await rm(folder, { recursive: true });
});

test.each(
  EffectClass.options.flatMap((effect) =>
    (["do", "undo"] as const).map((direction) => ({ effect, direction })),
  ),
)(
  "stopped between intent and effect ($direction) for longer than its lease and woken, a conductor performs nothing of a $effect effect",
  async ({ effect, direction }) => {
    const steps = [
      { id: "main.one", effect },
      { id: "main.two", effect, after: ["main.one"] },
    ];
    const { run, folder } = await openRunHere(aPlan({ limits: plan.limits, steps }));
    const sleep = { where: "after:effect.intended", at: 1 };
    if (direction === "undo") {
      await driveToEnd({ journal, run, performers: every(filePerformer(folder)) });
      value(await requestRollback({ journal, run, by: ana, reason: "test" }));
    }
    const first = startDriver({ url: database.url, run, folder, ttlMs: 2_000, sleep });
    await first.hears("sleeping");
    const second = await driveToEnd({
      journal,
      run,
      performers: every(filePerformer(folder)),
      standBy: true,
    });
    expect(second.state.ended?.outcome).toBe(direction === "do" ? "succeeded" : "rolled-back");
    const before = doings(folder);
    first.signal("SIGCONT");
    expect((await first.ended).last).toMatchObject({ said: "problem", code: "BATON-RUN-LEASE-LOST" });
    expect(doings(folder)).toEqual(before);
    expect(await present(folder)).toEqual(direction === "do" ? ["main.one__-", "main.two__-"] : []);
    createdOnce(folder);
    await rm(folder, { recursive: true });
  },
);

test("another process asks for a rollback in the middle of a run", async () => {
  const { run, folder } = await openRunHere();
  const driver = startDriver({ url: database.url, run, folder, ttlMs: 30_000, linger: true });
  await driver.hears("in-effect");
  value(await requestRollback({ journal, run, by: ana, reason: "p99 is up" }));
  expect(await driver.hears("end")).toMatchObject({ outcome: "rolled-back" });
  await driver.ended;
  expect(await present(folder)).toEqual([]);
  expect(value(await loadRun(journal, run)).state.rollback).toMatchObject({ by: ana, reason: "p99 is up" });
  await rm(folder, { recursive: true });
});
