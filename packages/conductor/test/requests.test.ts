import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { approve, approveGate, findRuns, loadRun, openRun, requestRollback } from "../src/index.ts";
import { ana, codes, driveToEnd, eventsOf, every, memoryJournal, openApproved, value } from "./runs.ts";
import { testWorld } from "./world.ts";

const plan = aPlan({ steps: [{ id: "main.one" }, { id: "main.two", after: ["main.one"] }] });

test("an approval counts for the plan it names, once, and not after the end", async () => {
  const journal = memoryJournal();
  const run = value(await openRun({ journal, plan, by: ana }));
  expect(codes(await approve({ journal, run, planHash: "0".repeat(64), by: ana }))).toEqual([
    "BATON-APPROVAL-HASH",
  ]);
  value(await approve({ journal, run, planHash: plan.hash, by: ana }));
  value(await approve({ journal, run, planHash: plan.hash, by: ana }));
  expect((await eventsOf(journal, run)).filter((event) => event.type === "run.approved")).toHaveLength(1);
  expect(value(await loadRun(journal, run)).state.approvedBy).toEqual(ana);
  await driveToEnd({ journal, run, performers: every(testWorld().performer) });
  expect(codes(await approve({ journal, run, planHash: plan.hash, by: ana }))).toEqual(["BATON-RUN-ENDED"]);
  expect(codes(await approveGate({ journal, run, step: "main.one", by: ana }))).toEqual(["BATON-RUN-ENDED"]);
});

test("what is no gate, or not reached, cannot be approved", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  expect(codes(await approveGate({ journal, run, step: "main.one", by: ana }))).toEqual([
    "BATON-RUN-NO-APPROVAL",
  ]);
});

test("a rollback is refused past the point of no return, and when there is nothing left to take back", async () => {
  const journal = memoryJournal();
  const performers = every(testWorld().performer);
  const forGood = aPlan({ steps: [{ id: "main.one", undo: "none" }] });
  const run = await openApproved(journal, forGood);
  await driveToEnd({ journal, run, performers });
  const ask = (name: string) => requestRollback({ journal, run: name, by: ana, reason: "test" });
  expect(codes(await ask(run))).toEqual(["BATON-RUN-NO-RETURN"]);
  const other = await openApproved(journal, plan);
  value(await ask(other));
  expect((await driveToEnd({ journal, run: other, performers })).state.ended?.outcome).toBe("rolled-back");
  expect(codes(await ask(other))).toEqual(["BATON-RUN-ROLLED-BACK"]);
});

test("a run that succeeded can be taken back while no later run was opened", async () => {
  const journal = memoryJournal();
  const world = testWorld();
  const performers = every(world.performer);
  const first = await openApproved(journal, plan);
  await driveToEnd({ journal, run: first, performers });
  expect(world.present.size).toBe(2);
  value(await requestRollback({ journal, run: first, by: ana, reason: "users complain" }));
  expect(codes(await openRun({ journal, plan, by: ana }))).toEqual(["BATON-RUN-OPEN"]);
  expect((await driveToEnd({ journal, run: first, performers })).state.ended?.outcome).toBe("rolled-back");
  expect(world.present.size).toBe(0);
  const second = await openApproved(journal, plan);
  await driveToEnd({ journal, run: second, performers });
  const third = value(await openRun({ journal, plan, by: ana }));
  const late = await requestRollback({ journal, run: second, by: ana, reason: "too late" });
  expect(codes(late)).toEqual(["BATON-RUN-SUPERSEDED"]);
  expect(value(await findRuns(journal, "local")).map((run) => run.ended?.outcome ?? run.run)).toEqual([
    "rolled-back",
    "succeeded",
    third,
  ]);
});

test("a rollback asked for in the moment a run ends is not lost", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const world = testWorld();
  let asked = false;
  const racing: typeof journal = {
    ...journal,
    append: async (batch, lease) => {
      const ends = batch.some((part) => part.events.some((event) => event.type === "run.ended"));
      if (ends && !asked) {
        asked = true;
        value(await requestRollback({ journal, run, by: ana, reason: "at the last moment" }));
      }
      return journal.append(batch, lease);
    },
  };
  const end = await driveToEnd({ journal: racing, run, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("rolled-back");
  // Nobody was told that it had ended, and had its locks, while it went back.
  expect((await eventsOf(journal, run)).filter((event) => event.type === "run.ended")).toHaveLength(1);
  expect(world.present.size).toBe(0);
});

test("a rollback asked for between a run's end and the request is listed as open again", async () => {
  const journal = memoryJournal();
  const world = testWorld();
  const performers = every(world.performer);
  const run = await openApproved(journal, plan);
  let ended = false;
  const late: typeof journal = {
    ...journal,
    append: async (batch, lease) => {
      if (!ended) {
        ended = true;
        await driveToEnd({ journal, run, performers });
      }
      return journal.append(batch, lease);
    },
  };
  value(await requestRollback({ journal: late, run, by: ana, reason: "test" }));
  expect(value(await findRuns(journal, "local")).at(-1)?.ended).toBeNull();
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("rolled-back");
  expect(value(await findRuns(journal, "local")).at(-1)?.ended?.outcome).toBe("rolled-back");
});
