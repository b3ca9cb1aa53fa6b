import { conflictsOf, type Journal, type Plan } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { environmentRunEnded } from "../src/environment-runs.ts";
import { findRuns, openRun, requestRollback } from "../src/index.ts";
import { ana, codes, memoryJournal, value } from "./runs.ts";

/** A plan that changes these services and works on these tenants. */
function planOn(services: readonly string[], tenants: readonly string[], supersedes?: string): Plan {
  return aPlan({
    tenants,
    ...(supersedes === undefined ? {} : { supersedes }),
    steps: [
      ...services.map((service) => ({ id: `main.${service}`, input: { service } })),
      ...(tenants.length === 0 ? [] : [{ id: "main.tenants", kind: "tenants.migrate", units: [...tenants] }]),
      { id: "main.look", kind: "check.http", undo: "inert" as const },
    ],
  });
}

const open = (journal: Journal, plan: Plan) => openRun({ journal, plan, by: ana });

/** The list's word that a run has ended; what the run itself says does not matter to the locks. */
async function end(journal: Journal, run: string, outcome: string, parked: readonly string[] = []) {
  const event = environmentRunEnded(run, outcome, parked);
  value(await journal.append([{ stream: "environment/local", expectedSeq: null, events: [event] }], null));
}

const holdsOf = async (journal: Journal, run: string) =>
  value(await findRuns(journal, "local"))
    .find((one) => one.run === run)
    ?.holds.map(({ subject }) => subject);

test("a fleet run and a release never work on one tenant together; on different ones they do", async () => {
  const journal = memoryJournal();
  const release = value(await open(journal, planOn(["api"], ["a", "b"])));
  const refused = await open(journal, planOn([], ["b", "c"]));
  expect(codes(refused)).toEqual(["BATON-RUN-OPEN"]);
  expect(refused.ok ? null : refused.problems[0]).toMatchObject({
    message: expect.stringContaining(`${release} of R2`),
    details: { run: release, locks: ["tenant:b"] },
  });
  const fleet = value(await open(journal, planOn([], ["c"])));
  expect(await holdsOf(journal, fleet)).toEqual(["tenant:c"]);
});

test("a run gives its locks back at its end and after its rollback, and keeps them half-way", async () => {
  const journal = memoryJournal();
  const plan = planOn(["api"], ["a"]);
  for (const outcome of ["succeeded", "rolled-back"]) {
    const run = value(await open(journal, plan));
    await end(journal, run, outcome);
    expect(await holdsOf(journal, run)).toEqual([]);
  }
  const stuck = value(await open(journal, plan));
  await end(journal, stuck, "needs-operator");
  expect(await holdsOf(journal, stuck)).toEqual(["service:api", "tenant:a"]);
  const refused = await open(journal, planOn([], ["a"]));
  expect(codes(refused)).toEqual(["BATON-RUN-UNFINISHED"]);
  expect(refused.ok ? "" : refused.problems[0]?.remedy).toContain("--supersede");
});

test("parked tenants stay locked, the others do not", async () => {
  const journal = memoryJournal();
  const run = value(await open(journal, planOn(["api"], ["a", "b"])));
  await end(journal, run, "succeeded-with-parked", ["b"]);
  expect(await holdsOf(journal, run)).toEqual(["tenant:b"]);
  expect(codes(await open(journal, planOn(["api"], ["a", "b"])))).toEqual(["BATON-RUN-LOCKED"]);
  value(await open(journal, planOn(["api"], ["a"])));
});

test("taken back, a run holds nothing of the tenants that it had parked on its way", async () => {
  const journal = memoryJournal();
  const run = value(await open(journal, planOn(["api"], ["a", "b"])));
  await end(journal, run, "succeeded-with-parked", ["b"]);
  await end(journal, run, "rolled-back", ["b"]);
  expect(await holdsOf(journal, run)).toEqual([]);
  value(await open(journal, planOn(["api"], ["a", "b"])));
});

test("a superseding run takes over the locks in the commit that opens it; the other can be taken up no more", async () => {
  const journal = memoryJournal();
  const first = value(await open(journal, planOn(["api"], ["a", "b"])));
  await end(journal, first, "needs-operator");
  const second = value(await open(journal, planOn(["api"], ["a"], first)));
  expect(await holdsOf(journal, first)).toEqual([]);
  expect(await holdsOf(journal, second)).toEqual(["service:api", "tenant:a", "tenant:b"]);
  const back = await requestRollback({ journal, run: first, by: ana, reason: "test" });
  expect(codes(back)).toEqual(["BATON-RUN-SUPERSEDED"]);
  expect(back.ok ? "" : back.problems[0]?.message).toContain(second);
  // Taken back, it has gone back to where the first one stopped: half-way still.
  await end(journal, second, "rolled-back");
  expect(await holdsOf(journal, second)).toEqual(["service:api", "tenant:a", "tenant:b"]);
  expect(codes(await open(journal, planOn(["api"], ["a"])))).toEqual(["BATON-RUN-UNFINISHED"]);
  value(await open(journal, planOn(["api"], ["a"], second)));
});

test("what is done, taken back or still open cannot be superseded", async () => {
  const journal = memoryJournal();
  const plan = planOn(["api"], ["a"]);
  const run = value(await open(journal, plan));
  expect(codes(await open(journal, planOn(["api"], ["a"], run)))).toEqual(["BATON-RUN-OPEN"]);
  await end(journal, run, "succeeded");
  expect(codes(await open(journal, planOn(["api"], ["a"], run)))).toEqual(["BATON-RUN-SUPERSEDE"]);
});

const some = (names: readonly string[]) => fc.subarray([...names]);
const doing = fc.oneof(
  fc.record({
    kind: fc.constant("open" as const),
    services: some(["api", "web"]),
    tenants: some(["a", "b", "c", "d"]),
    supersede: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("end" as const),
    which: fc.nat(),
    outcome: fc.constantFrom(
      "succeeded",
      "rolled-back",
      "needs-operator",
      "stopped",
      "succeeded-with-parked",
    ),
    parked: some(["a", "b"]),
  }),
  fc.record({ kind: fc.constant("reopen" as const), which: fc.nat() }),
);

test("whatever is opened, ended and taken up again in whatever order, no two runs hold what they could meet over", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(doing, { maxLength: 14 }), async (doings) => {
      const journal = memoryJournal();
      for (const one of doings) {
        const before = value(await findRuns(journal, "local"));
        const opened = before.filter((run) => run.ended === null);
        if (one.kind === "open") {
          const half = before.findLast((run) => run.ended !== null && run.holds.length > 0);
          const plan = planOn(one.services, one.tenants, one.supersede ? half?.run : undefined);
          if (one.services.length + one.tenants.length === 0) continue;
          const result = await open(journal, plan);
          if (result.ok && !one.supersede) {
            const mine = value(await findRuns(journal, "local")).at(-1)?.locks ?? [];
            for (const run of before) expect(conflictsOf(mine, run.holds)).toEqual([]);
          }
        } else if (one.kind === "end" && opened.length > 0) {
          const run = opened[one.which % opened.length];
          if (run) await end(journal, run.run, one.outcome, one.outcome.endsWith("parked") ? one.parked : []);
        } else if (one.kind === "reopen" && before.length > 0) {
          const run = before[one.which % before.length];
          if (run) await requestRollback({ journal, run: run.run, by: ana, reason: "test" });
        }
        const after = value(await findRuns(journal, "local")).filter((run) => run.holds.length > 0);
        for (const [at, run] of after.entries())
          for (const other of after.slice(at + 1)) expect(conflictsOf(run.holds, other.holds)).toEqual([]);
      }
    }),
    { numRuns: process.env.BATON_TEST_ON === "15" ? 3 : 150 },
  );
});
