import { createRedactor, type Journal, type RunEvent } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { approve, approveGate, loadRun, openRun, requestRollback } from "../src/index.ts";
import { ana, driveToEnd, eventsOf, every, memoryJournal, openApproved, until, value } from "./runs.ts";
import { problem, testWorld } from "./world.ts";

const tenants = Array.from({ length: 40 }, (_, at) => `t${at}`);
const fleet = aPlan({
  tenants,
  limits: { units: 8, perHost: 6, backoffSeconds: 0.001 },
  steps: [
    { id: "main.deploy" },
    {
      id: "main.each",
      after: ["main.deploy"],
      units: tenants,
      input: { key: "k-${tenant}", on: "${keys.url}" },
    },
    { id: "main.last", after: ["main.each"] },
  ],
});

test("a run goes to its end, every effect once, and replaying its journal gives the same state", async () => {
  const journal = memoryJournal();
  const world = testWorld();
  const run = await openApproved(journal, fleet);
  const end = await driveToEnd({ journal, run, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect([...world.applied.values()]).toEqual(Array(42).fill(1));
  const loaded = value(await loadRun(journal, run));
  expect(loaded.state.steps.toJS()).toEqual(end.state.steps.toJS());
  expect(loaded.state.anomalies.count).toBe(0);
  const replayed = value(
    await loadRun({ ...journal, loadSnapshot: async () => ({ ok: true, value: null }) }, run),
  );
  expect(replayed.state.steps.toJS()).toEqual(end.state.steps.toJS());
  expect(replayed.seqs).toEqual(loaded.seqs);
});

test("the intent is in the journal before the effect, the outcome after it", async () => {
  const journal = memoryJournal();
  const missing: string[] = [];
  const world = testWorld("service.deploy", async (call) => {
    if (call.what !== "perform") return undefined;
    const known = await eventsOf(
      journal,
      value(await journal.read("run"))
        .at(0)
        ?.stream.slice(4) ?? "",
    );
    if (!known.some((event) => event.type === "effect.intended" && event.key === call.key))
      missing.push(call.key ?? "");
    return undefined;
  });
  const run = await openApproved(journal, fleet);
  await driveToEnd({ journal, run, performers: every(world.performer) });
  expect(world.calls.filter((call) => call.what === "perform")).toHaveLength(42);
  expect(missing).toEqual([]);
});

test("no more units are at work than the limits allow", async () => {
  const journal = memoryJournal();
  const world = testWorld("service.deploy", async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return undefined;
  });
  const run = await openApproved(journal, fleet);
  await driveToEnd({ journal, run, performers: every(world.performer) });
  expect(world.most()).toBe(6);
});

test("unit events go to eight streams of their own, many to a commit, and a fan-out's end names their heads", async () => {
  const journal = memoryJournal();
  let commits = 0;
  const counting: Journal = {
    ...journal,
    append: (batch, lease) => {
      commits++;
      return journal.append(batch, lease);
    },
  };
  const run = await openApproved(counting, fleet);
  const world = testWorld();
  await driveToEnd({ journal: counting, run, performers: every(world.performer) });
  const events = await eventsOf(journal, run);
  expect(commits).toBeLessThan(events.length / 2);
  const unitStreams = value(await journal.heads(`run/${run}/units`));
  expect(unitStreams.length).toBeGreaterThan(1);
  expect(unitStreams.length).toBeLessThanOrEqual(8);
  const ends = events.filter(
    (event): event is Extract<RunEvent, { type: "step.ended" }> => event.type === "step.ended",
  );
  const units = ends.find((event) => event.step === "main.each")?.units;
  expect(units?.heads).toEqual(Object.fromEntries(unitStreams.map(({ stream, hash }) => [stream, hash])));
  expect(units?.root).toMatch(/^[0-9a-f]{64}$/);
  expect(ends.find((event) => event.step === "main.deploy")?.units).toBeNull();
});

test("a unit's input has its tenant filled in, and nothing else", async () => {
  const journal = memoryJournal();
  const world = testWorld();
  const run = await openApproved(journal, fleet);
  await driveToEnd({ journal, run, performers: every(world.performer) });
  const call = world.calls.find(({ what, unit }) => what === "perform" && unit === "t7");
  expect(call?.input).toEqual({ key: "k-t7", on: "${keys.url}" });
});

test("what fails is tried again with the `before` of the first try, and what a check finds counts as a try", async () => {
  const journal = memoryJournal();
  const failures = new Map<string, number>();
  const world = testWorld("service.deploy", async ({ what, unit }) => {
    const times = failures.get(`${what}/${unit}`) ?? 0;
    failures.set(`${what}/${unit}`, times + 1);
    if (unit === "t3" && what === "check" && times === 0) return [problem("BATON-TEST-CHECK")];
    if (unit === "t3" && what === "perform" && times === 0) throw new Error("at postgres://u:hunter2@db/x");
    return undefined;
  });
  const run = await openApproved(journal, fleet);
  const end = await driveToEnd({ journal, run, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect(world.calls.filter(({ what, unit }) => what === "before" && unit === "t3")).toHaveLength(1);
  const found = (await eventsOf(journal, run)).filter((event) => event.type === "effect.failed");
  expect(found.map((event) => event.problem.code)).toEqual(["BATON-TEST-CHECK", "BATON-ACTION-THREW"]);
  expect(JSON.stringify(found)).not.toContain("hunter2");
});

test("what looks like a secret in a problem is not journaled, neither in its message nor in its details", async () => {
  const journal = memoryJournal();
  const redactor = createRedactor([{ name: "known", value: "canary-0123" }]);
  const told = {
    ...problem("BATON-TEST-BROKEN"),
    message: `refused: Bearer abcdef.123456 ${Buffer.from("a:canary-0123").toString("base64")}`,
    details: { nested: [{ password: "hunter2" }, "postgres://u:hunter2@db/x", '{"token":"hunter2"}'] },
  };
  const world = testWorld("service.deploy", async ({ what, unit }) =>
    what === "perform" && unit === "t3" ? [told] : undefined,
  );
  const run = await openApproved(journal, fleet);
  await driveToEnd({ journal, run, performers: every(world.performer), redactor });
  const found = JSON.stringify((await eventsOf(journal, run)).filter((e) => e.type === "effect.failed"));
  expect(found).toContain("refused: Bearer [secret]");
  expect(found).not.toMatch(/hunter2|abcdef|canary|YTpjYW5hcnk/);
});

test("a step that fails for good turns the run round, and the world is as it was", async () => {
  const journal = memoryJournal();
  const world = testWorld("service.deploy", async ({ what, step }) =>
    what === "perform" && step === "main.last" ? [problem("BATON-TEST-BROKEN")] : undefined,
  );
  const run = await openApproved(journal, fleet);
  const end = await driveToEnd({ journal, run, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("rolled-back");
  expect(world.present.size).toBe(0);
  // What never came into the world was seen to be absent, and not undone.
  expect(world.calls.some(({ what, step }) => what === "undo" && step === "main.last")).toBe(false);
});

test("an effect that cannot be seen blocks the rollback and is never taken for absent", async () => {
  const journal = memoryJournal();
  let visible = false;
  const world = testWorld("service.deploy", async ({ what, step }) => {
    if (what === "perform" && step === "main.last") return [problem("BATON-TEST-BROKEN")];
    return what === "observe" && step === "main.deploy" && !visible
      ? [problem("BATON-TEST-HIDDEN")]
      : undefined;
  });
  const run = await openApproved(journal, fleet);
  const performers = every(world.performer);
  const stuck = await driveToEnd({ journal, run, performers });
  expect(stuck.state.ended?.outcome).toBe("needs-operator");
  expect(stuck.state.ended?.reason).toContain("BATON-ACTION-UNKNOWN");
  expect([...world.present]).toEqual(["main.deploy/-"]);
  visible = true;
  value(await requestRollback({ journal, run, by: ana, reason: "it can be seen again" }));
  const end = await driveToEnd({ journal, run, performers });
  expect(end.state.ended?.outcome).toBe("rolled-back");
  expect(world.present.size).toBe(0);
});

test("at a hold a run waits for a person, and goes on when the gate is approved", async () => {
  const journal = memoryJournal();
  const held = aPlan({
    holds: ["hold"],
    steps: [
      { id: "main.one" },
      { id: "hold.bake", kind: "gate.bake", input: { seconds: 0.01 }, after: ["main.one"], undo: "inert" },
      {
        id: "hold.ask",
        kind: "gate.approval",
        input: { role: "approver" },
        after: ["hold.bake"],
        undo: "inert",
      },
      { id: "end.two", after: ["hold.ask"] },
    ],
  });
  const world = testWorld();
  const run = await openApproved(journal, held);
  const performers = every(world.performer);
  const atHold = await driveToEnd({ journal, run, performers, until: "wait" });
  expect(atHold).toMatchObject({ reason: "waiting", state: { waiting: { step: "hold.bake" } } });
  const seen: (string | undefined)[] = [];
  const rest = driveToEnd({
    journal,
    run,
    performers,
    on: ({ state }) => seen.push(state.waiting?.step),
  });
  await until(() => seen.includes("hold.ask"), "the gate is reached");
  value(await approveGate({ journal, run, step: "hold.ask", by: ana }));
  expect((await rest).state.ended?.outcome).toBe("succeeded");
  expect(world.present).toEqual(new Set(["main.one/-", "end.two/-"]));
});

test("a run that nobody approved waits, and a run that has ended stays ended", async () => {
  const journal = memoryJournal();
  const world = testWorld();
  const plan = aPlan({ steps: [{ id: "main.one" }] });
  const run = value(await openRun({ journal, plan, by: ana }));
  const performers = every(world.performer);
  expect((await driveToEnd({ journal, run, performers, until: "wait" })).reason).toBe("waiting");
  expect(world.calls).toEqual([]);
  value(await approve({ journal, run, planHash: plan.hash, by: ana }));
  await driveToEnd({ journal, run, performers });
  const calls = world.calls.length;
  expect((await driveToEnd({ journal, run, performers })).reason).toBe("ended");
  expect(world.calls).toHaveLength(calls);
});

test("figures of effects under way are shown and saved", async () => {
  const journal = memoryJournal();
  const world = testWorld("service.deploy", async ({ what }, context) => {
    if (what === "perform") context.progress({ rows: 3, of: 9 });
    return undefined;
  });
  const run = await openApproved(journal, aPlan({ steps: [{ id: "main.one" }] }));
  await driveToEnd({ journal, run, performers: every(world.performer) });
  // Nobody waits for figures to be saved: they are no part of the truth.
  await until(async () => Object.keys(value(await journal.loadProgress(run))).length > 0, "they are saved");
  expect(value(await journal.loadProgress(run))).toEqual({ [`${run}/main.one/-/do/0`]: { rows: 3, of: 9 } });
});
