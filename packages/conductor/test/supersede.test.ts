import { type Performer, type Plan, planHash } from "@baton/core";
import { sha256 } from "@baton/testkit/arbitraries/sha256";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { loadRun, openRun, requestRollback, settledUnits } from "../src/index.ts";
import { ana, codes, driveToEnd, every, memoryJournal, openApproved, value } from "./runs.ts";
import { noPorts, problem } from "./world.ts";

const tenants = ["switched", "half", "fresh"];
const STAGES = ["expand", "backfill", "switch"] as const;

/** Stages a tenant goes through, kept in the world; the undo brings back what `before` saw, as those of databases do. */
function stageWorld(broken: (step: string, tenant: string) => boolean = () => false) {
  const reached = new Map<string, number>(tenants.map((tenant) => [tenant, 0]));
  const performed: string[] = [];
  const level = (step: string) => STAGES.findIndex((stage) => step.endsWith(stage)) + 1;
  const performer: Performer<unknown, { was: number }, null> = {
    kind: "tenants.migrate",
    check: async () => [],
    before: async (_input, { tenant }) => ({ ok: true, value: { was: reached.get(tenant?.id ?? "") ?? 0 } }),
    perform: async (_input, before, _key, { step, tenant }) => {
      const id = tenant?.id ?? "";
      if (broken(step, id)) return { ok: false, problems: [problem("BATON-TEST-BROKEN")] };
      performed.push(`${step}/${id}`);
      reached.set(id, Math.max(before.was, level(step)));
      return { ok: true, value: null };
    },
    undo: async (_input, before, _output, _key, { tenant }) => {
      reached.set(tenant?.id ?? "", before.was);
      return { ok: true, value: null };
    },
    observe: async (_input, _before, { step, tenant }) => ({
      state: (reached.get(tenant?.id ?? "") ?? 0) >= level(step) ? "present" : "absent",
      detail: "",
    }),
  };
  return { performer: performer as Performer, reached, performed };
}

const whole = (release: string, supersedes?: string): Plan =>
  aPlan({
    tenants,
    onFailure: "wait",
    limits: { attempts: 1, units: 9, perHost: 9 },
    ...(supersedes === undefined ? {} : { supersedes }),
    steps: STAGES.map((stage, at) => ({
      id: `ring.${stage}`,
      kind: "tenants.migrate",
      input: { migration: "m", stage },
      effect: "fenced",
      // What a backfill wrote is a copy and stays; it is there all the same.
      ...(stage === "backfill" ? { undo: "inert" as const } : {}),
      units: [...tenants],
      after: at === 0 ? [] : [`ring.${STAGES[at - 1]}`],
    })),
    release,
  });

/** The plan without what is settled, as `compilePlan` makes it. */
function without(plan: Plan, settled: ReadonlySet<string>): Plan {
  const steps = plan.steps
    .map((step) => ({ ...step, units: step.units.filter((unit) => !settled.has(`${step.id}/${unit}`)) }))
    .filter((step) => step.units.length > 0);
  const draft = { ...plan, steps };
  return { ...draft, hash: planHash(draft, sha256) };
}

test("a superseding run does what is left, tenant by tenant, and goes back to what was there when it began", async () => {
  const journal = memoryJournal();
  const first = await openApproved(journal, whole("R2"));
  const world = stageWorld((step, tenant) => tenant === "half" && step === "ring.backfill");
  const stuck = await driveToEnd({ journal, run: first, performers: every(world.performer) });
  expect(stuck.state.ended?.outcome).toBe("needs-operator");
  world.reached.set("switched", 3);
  world.reached.set("fresh", 0);
  const there = new Map(world.reached);
  expect(Object.fromEntries(there)).toEqual({ switched: 3, half: 1, fresh: 0 });

  const plain = await openRun({ journal, plan: whole("R2.1"), by: ana });
  expect(codes(plain)).toEqual(["BATON-RUN-UNFINISHED"]);
  expect(plain.ok ? "" : plain.problems[0]?.remedy).toContain("baton run R2.1 --supersede");

  const again = stageWorld();
  for (const [tenant, at] of there) again.reached.set(tenant, at);
  const performers = every(again.performer);
  const signal = AbortSignal.timeout(10_000);
  const plan = whole("R2.1", first);
  const settled = value(await settledUnits({ plan, performers, ports: noPorts, signal }));
  expect([...settled].sort()).toEqual([
    "ring.backfill/switched",
    "ring.expand/half",
    "ring.expand/switched",
    "ring.switch/switched",
  ]);
  const second = await openApproved(journal, without(plan, settled));
  expect((await driveToEnd({ journal, run: second, performers })).state.ended?.outcome).toBe("succeeded");
  expect(again.performed.sort()).toEqual([
    "ring.backfill/fresh",
    "ring.backfill/half",
    "ring.expand/fresh",
    "ring.switch/fresh",
    "ring.switch/half",
  ]);
  expect([...again.reached.values()]).toEqual([3, 3, 3]);

  const late = await requestRollback({ journal, run: first, by: ana, reason: "test" });
  expect(codes(late)).toEqual(["BATON-RUN-SUPERSEDED"]);
  expect(late.ok ? "" : late.problems[0]?.message).toContain(second);

  value(await requestRollback({ journal, run: second, by: ana, reason: "test" }));
  const back = await driveToEnd({ journal, run: second, performers });
  expect(back.state.ended).toMatchObject({
    outcome: "rolled-back",
    reason: expect.stringContaining(`as ${first} left it`),
  });
  // All but the copy that a backfill made, which harms nobody and stays.
  expect(again.reached).toEqual(new Map([...there, ["half", 2]]));
  expect(value(await loadRun(journal, second)).plan.supersedes).toBe(first);
});

test("what cannot be seen is a problem, and never taken for not there", async () => {
  const world = stageWorld();
  const blind: Performer = {
    ...world.performer,
    observe: async (_input, _before, { tenant }) =>
      tenant?.id === "half" ? { state: "unknown", detail: "it is down" } : { state: "absent", detail: "" },
  };
  const found = await settledUnits({
    plan: whole("R2.1"),
    performers: every(blind),
    ports: noPorts,
    signal: AbortSignal.timeout(10_000),
  });
  expect(codes(found)).toEqual(["BATON-ACTION-UNKNOWN"]);
});
