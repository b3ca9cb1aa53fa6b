import type { Journal, Recorded } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import {
  findRuns,
  loadRun,
  openRun,
  requestPause,
  requestResume,
  requestRetry,
  requestRollback,
  requestStop,
} from "../src/index.ts";
import {
  ana,
  codes,
  driveRun,
  driveToEnd,
  eventsOf,
  every,
  memoryJournal,
  openApproved,
  until,
  value,
} from "./runs.ts";
import { problem, type TestWorld, testWorld, untilAborted } from "./world.ts";

const tenants = ["a", "b", "c", "d"];
const plan = aPlan({
  tenants,
  limits: { units: 1, perHost: 1, attempts: 2, backoffSeconds: 0.001 },
  onFailure: "wait",
  steps: [
    { id: "main.each", units: tenants },
    { id: "main.last", after: ["main.each"] },
  ],
});

const asked = (journal: Journal, run: string) => ({ journal, run, by: ana, reason: "test" });
const performs = (world: TestWorld) => world.calls.filter((call) => call.what === "perform").length;

/** A world whose work on unit `b` stands still until it is let go. */
function standingWorld() {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const world = testWorld("service.deploy", async ({ what, unit }) => {
    if (what !== "perform" || unit !== "b") return undefined;
    reached.resolve();
    await go.promise;
    return undefined;
  });
  return { world, reached: reached.promise, go: go.resolve };
}

test("paused from another process, what is under way comes to its outcome and nothing begins until the run is resumed", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const { world, reached, go } = standingWorld();
  const performers = every(world.performer);
  const driven = driveRun({ journal, run, performers, until: "wait" });
  await reached;
  value(await requestPause(asked(journal, run)));
  expect(codes(await requestPause(asked(journal, run)))).toEqual(["BATON-RUN-PAUSED"]);
  await until(async () => value(await loadRun(journal, run)).state.paused !== null, "it is paused");
  go();
  expect(value(await driven)).toMatchObject({ reason: "waiting", state: { status: "running", ended: null } });
  expect([...world.present].sort()).toEqual(["main.each/a", "main.each/b"]);
  // Who takes over finds the run paused, and begins nothing either.
  expect(value(await driveRun({ journal, run, performers, until: "wait" })).reason).toBe("waiting");
  expect(performs(world)).toBe(2);
  value(await requestResume(asked(journal, run)));
  expect(codes(await requestResume(asked(journal, run)))).toEqual(["BATON-RUN-NOT-PAUSED"]);
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state).toMatchObject({ ended: { outcome: "succeeded" }, anomalies: { count: 0 } });
});

test("paused while it looks at what is there, an effect does not begin until the run is resumed", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const heard = Promise.withResolvers<void>();
  let looks = 0;
  const world = testWorld("service.deploy", async ({ what, step }) => {
    if (what !== "before" || step !== "main.last") return undefined;
    looks += 1;
    if (looks === 1) value(await requestPause(asked(journal, run)));
    await heard.promise;
    return undefined;
  });
  const performers = every(world.performer);
  const onEvent = ({ event }: Recorded) => void (event.type === "run.paused" && heard.resolve());
  value(await driveRun({ journal, run, performers, until: "wait", onEvent }));
  expect(world.present.has("main.last/-")).toBe(false);
  value(await requestResume({ journal, run, by: ana }));
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("succeeded");
  expect(looks).toBe(2);
});

test("paused while it goes back, a run takes nothing more back until it is resumed", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const calm = testWorld();
  await driveToEnd({ journal, run, performers: every(calm.performer) });
  value(await requestRollback(asked(journal, run)));
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const world = testWorld("service.deploy", async ({ what, unit }) => {
    if (what !== "undo" || unit !== "a") return undefined;
    reached.resolve();
    await go.promise;
    return undefined;
  });
  for (const place of calm.present) world.present.add(place);
  const performers = every(world.performer);
  const driven = driveRun({ journal, run, performers, until: "wait" });
  await reached.promise;
  value(await requestPause(asked(journal, run)));
  go.resolve();
  expect(value(await driven).reason).toBe("waiting");
  const left = world.present.size;
  expect(left).toBeGreaterThan(0);
  value(await requestResume(asked(journal, run)));
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("rolled-back");
  expect(world.present.size).toBe(0);
});

test("aborted, a run ends where it is: first tries come to their outcome; from there it is retried or taken back", async () => {
  for (const leadsOn of ["retry", "rollback"] as const) {
    const journal = memoryJournal();
    const run = await openApproved(journal, plan);
    const { world, reached, go } = standingWorld();
    const performers = every(world.performer);
    const driven = driveToEnd({ journal, run, performers });
    await reached;
    value(await requestStop({ ...asked(journal, run), emergency: false }));
    expect(codes(await requestPause(asked(journal, run)))).toEqual(["BATON-RUN-STOPPING"]);
    go();
    const { state } = await driven;
    expect(state.ended).toMatchObject({
      outcome: "stopped",
      reason: "Stopped by ana: test",
      next: ["baton explain", "baton retry", "baton rollback"],
    });
    expect([...world.present].sort()).toEqual(["main.each/a", "main.each/b"]);
    expect(value(await findRuns(journal, "local")).at(-1)?.ended?.outcome).toBe("stopped");
    expect(codes(await openRun({ journal, plan, by: ana }))).toEqual(["BATON-RUN-UNFINISHED"]);
    if (leadsOn === "retry") value(await requestRetry({ journal, run, by: ana, step: null, tenant: null }));
    else value(await requestRollback(asked(journal, run)));
    expect(value(await findRuns(journal, "local")).at(-1)?.ended).toBeNull();
    const end = await driveToEnd({ journal, run, performers });
    expect(end.state.ended?.outcome).toBe(leadsOn === "retry" ? "succeeded" : "rolled-back");
    expect(world.present.size).toBe(leadsOn === "retry" ? 5 : 0);
    expect([...world.applied.values()].every((times) => times === 1)).toBe(true);
  }
});

test("an emergency stop aborts what is in hand, and no effect begins later than a second after it was journaled", async () => {
  const many = Array.from({ length: 400 }, (_, index) => `t-${index}`);
  const wide = aPlan({
    tenants: many,
    limits: { units: 3, perHost: 3, attempts: 2 },
    steps: [{ id: "main.each", units: many }],
  });
  const journal = memoryJournal();
  const run = await openApproved(journal, wide);
  const began: number[] = [];
  const underWay = Promise.withResolvers<void>();
  const world = testWorld("service.deploy", async ({ what, unit }, context) => {
    if (what !== "perform") return undefined;
    began.push(Date.now());
    if (began.length === 30) underWay.resolve();
    // One effect would hang for ever; it ends only when it is aborted.
    if (unit === "t-5") return untilAborted(context.signal);
    await new Promise((resolve) => setTimeout(resolve, 10));
    return undefined;
  });
  const performers = every(world.performer);
  const driven = driveToEnd({ journal, run, performers });
  await underWay.promise;
  value(await requestStop({ ...asked(journal, run), emergency: true }));
  const end = await driven;
  const [request] = value(await journal.read(`run/${run}/control`)).filter(
    ({ type }) => type === "run.emergency-stop-requested",
  );
  const at = request?.at ?? Number.NaN;
  expect(end.state.ended).toMatchObject({ outcome: "stopped", reason: "Emergency stop by ana: test" });
  expect(Math.max(...began) - at).toBeLessThan(1_000);
  expect((end.state.ended?.at ?? Number.NaN) - at).toBeLessThan(1_000);
  expect(began.length).toBeLessThan(many.length);
  // What was aborted half-way is completed under the same key, or taken back.
  const cut = (await eventsOf(journal, run)).filter((event) => event.type === "effect.failed");
  expect(cut.length).toBeGreaterThan(0);
  value(await requestRetry({ journal, run, by: ana, step: null, tenant: null }));
  const calm = testWorld();
  for (const place of world.present) calm.present.add(place);
  const again = await driveToEnd({ journal, run, performers: every(calm.performer) });
  expect(again.state).toMatchObject({ ended: { outcome: "succeeded" }, anomalies: { count: 0 } });
  const keys = calm.calls.flatMap((call) => (call.what === "perform" ? call.key : []));
  expect(keys).toEqual(expect.arrayContaining(cut.map((event) => ("key" in event ? event.key : ""))));
  expect(keys.every((key) => key?.endsWith("/do/0"))).toBe(true);
});

const shapeOf = (onParked: "wait" | "finish") =>
  aPlan({
    tenants,
    onParked,
    limits: { units: 4, perHost: 4, attempts: 1, failureBudget: 2 },
    steps: [
      { id: "ring.expand", units: tenants },
      { id: "ring.check", after: ["ring.expand"], undo: "inert" },
      { id: "ring.switch", after: ["ring.check"], units: tenants },
      { id: "contract.drop", after: ["ring.switch"], units: tenants, undo: "none" },
    ],
  });

test("a parked tenant keeps contract waiting; retried, it catches up through every step it missed, and then contract begins", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, shapeOf("wait"));
  let broken = true;
  const world = testWorld("service.deploy", async ({ what, step, unit }) =>
    broken && what === "perform" && step === "ring.expand" && unit === "c"
      ? [problem("BATON-TEST-DOWN")]
      : undefined,
  );
  const performers = every(world.performer);
  const waits = value(await driveRun({ journal, run, performers, until: "wait" }));
  expect(waits.state.waiting).toMatchObject({ step: "contract.drop" });
  expect(waits.state.parked.toJS()).toMatchObject({ c: { code: "BATON-TEST-DOWN" } });
  expect(world.present.has("contract.drop/a")).toBe(false);
  expect(codes(await requestRetry({ journal, run, by: ana, step: null, tenant: "a" }))).toEqual([
    "BATON-RUN-NOTHING-TO-RETRY",
  ]);
  expect(codes(await requestRetry({ journal, run, by: ana, step: null, tenant: "x" }))).toEqual([
    "BATON-RUN-NO-TENANT",
  ]);
  broken = false;
  const before = world.calls.length;
  value(await requestRetry({ journal, run, by: ana, step: null, tenant: "c" }));
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state).toMatchObject({ ended: { outcome: "succeeded" }, anomalies: { count: 0 } });
  const since = world.calls.slice(before).filter((call) => call.what === "perform");
  expect(since.slice(0, 2).map(({ step, unit }) => [step, unit])).toEqual([
    ["ring.expand", "c"],
    ["ring.switch", "c"],
  ]);
  expect(since.slice(2).map(({ step }) => step)).toEqual(tenants.map(() => "contract.drop"));
  // The same from the events alone.
  const bare = { ...journal, loadSnapshot: async () => ({ ok: true as const, value: null }) };
  expect(value(await loadRun(bare, run)).state.steps.toJS()).toEqual(end.state.steps.toJS());
});

test("a run that ended with parked tenants is opened again by a retry, and ends whole", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, shapeOf("finish"));
  let broken = true;
  const world = testWorld("service.deploy", async ({ what, unit }) =>
    broken && what === "perform" && unit === "b" ? [problem("BATON-TEST-DOWN")] : undefined,
  );
  const performers = every(world.performer);
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state.ended).toMatchObject({
    outcome: "succeeded-with-parked",
    next: ["baton explain", "baton retry", "baton rollback"],
  });
  broken = false;
  value(await requestRetry({ journal, run, by: ana, step: null, tenant: null }));
  const whole = await driveToEnd({ journal, run, performers });
  expect(whole.state.ended?.outcome).toBe("succeeded");
  expect(codes(await requestRetry({ journal, run, by: ana, step: null, tenant: null }))).toEqual([
    "BATON-RUN-NOTHING-TO-RETRY",
  ]);
  for (const ask of [requestPause, requestResume])
    expect(codes(await ask(asked(journal, run)))).toEqual(["BATON-RUN-ENDED"]);
  expect(codes(await requestStop({ ...asked(journal, run), emergency: true }))).toEqual(["BATON-RUN-ENDED"]);
});

test("a failed step is retried with all its tries, and nothing of it that was done is done again", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  let broken = true;
  const world = testWorld("service.deploy", async ({ what, step, unit }) =>
    broken && what === "perform" && step === "main.each" && unit === "c"
      ? [problem("BATON-TEST-DOWN")]
      : undefined,
  );
  const performers = every(world.performer);
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state.ended).toMatchObject({ outcome: "needs-operator" });
  expect(codes(await requestRetry({ journal, run, by: ana, step: "main.nowhere", tenant: null }))).toEqual([
    "BATON-RUN-NO-STEP",
  ]);
  broken = false;
  value(await requestRetry({ journal, run, by: ana, step: "main.each", tenant: null }));
  const again = await driveToEnd({ journal, run, performers });
  expect(again.state).toMatchObject({ ended: { outcome: "succeeded" }, anomalies: { count: 0 } });
  expect([...world.applied.values()].every((times) => times === 1)).toBe(true);
  value(await requestRollback(asked(journal, run)));
  expect(codes(await requestRetry({ journal, run, by: ana, step: null, tenant: null }))).toEqual([
    "BATON-RUN-GOES-BACK",
  ]);
});
