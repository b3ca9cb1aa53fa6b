import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { findRuns, loadRun, openRun, requestRollback } from "../src/index.ts";
import { ana, codes, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { problem, testWorld } from "./world.ts";

const plan = aPlan({ steps: [{ id: "main.one" }] });

test("a run's id says the release and the day by the journal's clock", async () => {
  const journal = {
    ...memoryJournal(),
    now: async () => ({ ok: true as const, value: Date.UTC(2026, 10, 21, 23) }),
  };
  expect(value(await openRun({ journal, plan, by: ana, tail: () => "a1b2c3" }))).toBe("r2-20261121-a1b2c3");
  expect(value(await openRun({ journal: memoryJournal(), plan, by: ana }))).toMatch(/^r2-\d{8}-[0-9a-f]{6}$/);
});

test("opened with its approval, a run is approved by the commit that opens it", async () => {
  const journal = memoryJournal();
  const batches: string[][] = [];
  const counting = {
    ...journal,
    append: async (...[batch, lease]: Parameters<typeof journal.append>) => {
      batches.push(batch.flatMap((part) => part.events.map((event) => event.type)));
      return journal.append(batch, lease);
    },
  };
  const run = value(await openRun({ journal: counting, plan, by: ana, approvedBy: ana }));
  expect(batches).toEqual([["environment.run-opened", "run.opened", "run.approved"]]);
  expect(value(await loadRun(journal, run)).state.approvedBy).toEqual(ana);
  const end = await driveToEnd({ journal, run, performers: every(testWorld().performer) });
  expect(end.state.ended?.outcome).toBe("succeeded");
});

test("a second open run of the environment is refused by name", async () => {
  const journal = memoryJournal();
  const first = value(await openRun({ journal, plan, by: ana }));
  const second = await openRun({ journal, plan, by: ana });
  expect(codes(second)).toEqual(["BATON-RUN-OPEN"]);
  expect(second.ok ? "" : second.problems[0]?.message).toContain(first);
});

test("of many who open at the same moment one succeeds", async () => {
  const journal = memoryJournal();
  const results = await Promise.all(Array.from({ length: 8 }, () => openRun({ journal, plan, by: ana })));
  expect(results.filter((result) => result.ok)).toHaveLength(1);
  expect(results.filter((result) => !result.ok).flatMap(codes)).toEqual(Array(7).fill("BATON-RUN-OPEN"));
  expect(value(await findRuns(journal, "local"))).toHaveLength(1);
});

test("when a run has ended the next one may be opened, and both are found", async () => {
  const journal = memoryJournal();
  const first = await openApproved(journal, plan);
  await driveToEnd({ journal, run: first, performers: every(testWorld().performer) });
  const second = value(await openRun({ journal, plan, by: ana }));
  const runs = value(await findRuns(journal, "local"));
  expect(runs.map((run) => [run.run, run.ended?.outcome ?? null])).toEqual([
    [first, "succeeded"],
    [second, null],
  ]);
  expect(value(await findRuns(journal, "elsewhere"))).toEqual([]);
});

test("over a run that ended half-way none is opened until it is taken back", async () => {
  const journal = memoryJournal();
  const waits = aPlan({
    steps: [{ id: "main.one" }, { id: "main.two", after: ["main.one"] }],
    onFailure: "wait",
    limits: { attempts: 1 },
  });
  const first = await openApproved(journal, waits);
  const world = testWorld("service.deploy", async ({ what, step }) =>
    what === "perform" && step === "main.two" ? [problem("BATON-TEST-BROKEN")] : undefined,
  );
  const performers = every(world.performer);
  const stuck = await driveToEnd({ journal, run: first, performers });
  expect(stuck.state.ended?.outcome).toBe("needs-operator");
  const second = await openRun({ journal, plan, by: ana });
  expect(codes(second)).toEqual(["BATON-RUN-UNFINISHED"]);
  expect(second.ok ? "" : second.problems[0]?.message).toContain(first);
  value(await requestRollback({ journal, run: first, by: ana, reason: "test" }));
  expect((await driveToEnd({ journal, run: first, performers })).state.ended?.outcome).toBe("rolled-back");
  value(await openRun({ journal, plan, by: ana }));
});

test("past the point of no return, where nothing can be taken back, the next run leads on", async () => {
  const journal = memoryJournal();
  const forGood = aPlan({ steps: [{ id: "main.one", undo: "none" }], limits: { attempts: 1 } });
  const first = await openApproved(journal, forGood);
  const world = testWorld("service.deploy", async ({ what }) =>
    what === "perform" ? [problem("BATON-TEST-BROKEN")] : undefined,
  );
  const end = await driveToEnd({ journal, run: first, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("needs-operator");
  value(await openRun({ journal, plan, by: ana }));
});

test("a plan whose hash is not that of its doings is neither opened nor loaded", async () => {
  const journal = memoryJournal();
  expect(codes(await openRun({ journal, plan: { ...plan, release: "R9" }, by: ana }))).toEqual([
    "BATON-RUN-PLAN-CHANGED",
  ]);
  const run = value(await openRun({ journal, plan, by: ana }));
  const tampered = async () => ({ ok: true as const, value: JSON.stringify({ ...plan, onFailure: "wait" }) });
  expect(codes(await loadRun({ ...journal, loadDocument: tampered }, run))).toEqual([
    "BATON-RUN-PLAN-CHANGED",
  ]);
});

test("a plan of a newer format, an unknown event and an unknown run are refused", async () => {
  const journal = memoryJournal();
  const run = value(await openRun({ journal, plan, by: ana }));
  const newer = async () => ({ ok: true as const, value: JSON.stringify({ ...plan, format: 2 }) });
  expect(codes(await loadRun({ ...journal, loadDocument: newer }, run))).toEqual(["BATON-RUN-PLAN-NEWER"]);
  expect(codes(await loadRun(journal, "r2-20261121-000000"))).toEqual(["BATON-RUN-UNKNOWN"]);
  const event = { type: "run.teleported", version: 7, data: {} };
  value(await journal.append([{ stream: `run/${run}`, expectedSeq: null, events: [event] }], null));
  expect(codes(await loadRun(journal, run))).toEqual(["BATON-RUN-NEWER"]);
});
