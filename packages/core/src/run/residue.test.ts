import { aPlan } from "@baton/testkit/builders/plans";
import { expect, test } from "vitest";
import type { Json } from "../json.ts";
import type { RunEvent } from "../model/event.ts";
import type { Residue } from "../model/residue.ts";
import { indexPlan } from "../plan/index-plan.ts";
import { effectKey } from "./effect-key.ts";
import { fold } from "./fold.ts";
import { initialState } from "./initial.ts";
import { residueOf } from "./residue.ts";

const STEP = "contract.plaintext";
const plan = aPlan({
  tenants: ["a", "b"],
  steps: [
    {
      id: STEP,
      kind: "tenants.migrate",
      input: { migration: "m", stage: "contract", reverse: true },
      units: ["a", "b"],
      undo: "lossless",
    },
  ],
});
const index = indexPlan(plan);
const ANA = { kind: "person", name: "ana", via: "test" } as const;

const left = (change: Partial<Residue>): Residue => ({
  id: "rows",
  title: "Rows",
  state: "gone",
  found: "0 rows",
  rows: 0,
  goneAt: null,
  until: "until they are gone",
  measuredAt: "2026-11-21T12:00:00.000Z",
  ...change,
});

/** The run after the tenants' contracts came back with these. */
function after(found: Readonly<Record<string, readonly Residue[]>>, more: readonly RunEvent[] = []) {
  const { platform, environment, release, from, hash: planHash } = plan;
  const events: RunEvent[] = [
    { type: "run.opened", run: "r", platform, environment, release, from, planHash, by: ANA },
    { type: "run.approved", planHash, by: ANA },
    { type: "run.started" },
    { type: "step.started", step: STEP },
  ];
  for (const [unit, residue] of Object.entries(found)) {
    const key = effectKey("r", STEP, unit, "do", 0);
    const output = { stage: "contract", residue } as unknown as Json;
    events.push({ type: "effect.intended", key, step: STEP, unit, direction: "do", before: null });
    events.push({ type: "effect.done", key, step: STEP, unit, output });
  }
  const recorded = [...events, ...more].map((event, at) => ({ at, event }));
  return residueOf(index, fold(index, initialState(index, "r"), recorded));
}

test("nothing before a contract, and nothing once the run goes back", () => {
  expect(after({})).toEqual([]);
  const back: RunEvent = { type: "run.rollback-requested", by: ANA, reason: "test" };
  expect(after({ a: [left({})], b: [left({})] }, [back])).toEqual([]);
});

test("tenants are summed; the last one's end is the end of all", () => {
  const there = (rows: number, day: number) =>
    left({ state: "there", found: `${rows} rows`, rows, goneAt: `2026-12-0${day}T00:00:00.000Z` });
  expect(after({ a: [there(2, 3)], b: [there(5, 1)] })).toMatchObject([
    {
      state: "there",
      rows: 7,
      found: "7 rows",
      goneAt: "2026-12-03T00:00:00.000Z",
      tenants: { measured: 2 },
    },
  ]);
  expect(after({ a: [left({})], b: [left({})] })).toMatchObject([{ state: "gone", rows: 0 }]);
  // One end that nobody knows is no end.
  expect(after({ a: [there(2, 3)], b: [left({ state: "there", rows: 1 })] })).toMatchObject([
    { goneAt: null },
  ]);
});

test("a tenant not measured, or not contracted yet, makes it unknown, never gone", () => {
  const unknown = left({ state: "unknown", rows: null, found: "not measured: refused" });
  expect(after({ a: [left({})], b: [unknown] })).toMatchObject([
    { state: "unknown", rows: null, found: "not measured: refused", goneAt: null },
  ]);
  expect(after({ a: [left({})] })).toMatchObject([
    { state: "unknown", found: "measured for 1 of 2 tenants", tenants: { measured: 1, total: 2 } },
  ]);
});
