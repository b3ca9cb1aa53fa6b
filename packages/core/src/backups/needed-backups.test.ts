import { aPlan } from "@baton/testkit/builders/plans";
import { expect, test } from "vitest";
import type { RunEvent } from "../model/event.ts";
import { indexPlan } from "../plan/index-plan.ts";
import type { Backup } from "../ports/backups.ts";
import { effectKey } from "../run/effect-key.ts";
import { fold } from "../run/fold.ts";
import { initialState } from "../run/initial.ts";
import { neededBackups } from "./needed-backups.ts";

const STEP = "main.back";
const plan = aPlan({
  tenants: ["a", "b"],
  steps: [{ id: STEP, kind: "tenants.restore", input: { backup: "before" }, units: ["a", "b"] }],
});
const index = indexPlan(plan);
const ANA = { kind: "person", name: "ana", via: "test" } as const;

const backup = (tenant: string, file: string, takenAt: number, more: Partial<Backup> = {}): Backup => ({
  tenant,
  name: "nightly",
  file,
  bytes: 1,
  takenAt,
  about: null,
  proof: null,
  ...more,
});

test("a run needs what it made, what its restores have chosen, and of the name they choose from each tenant's newest", () => {
  const { platform, environment, release, from, hash: planHash } = plan;
  const events: RunEvent[] = [
    { type: "run.opened", run: "r", platform, environment, release, from, planHash, by: ANA },
    { type: "run.approved", planHash, by: ANA },
    { type: "run.started" },
    { type: "step.started", step: STEP },
    {
      type: "effect.intended",
      key: effectKey("r", STEP, "a", "do", 0),
      step: STEP,
      unit: "a",
      direction: "do",
      before: { file: "chosen" },
    },
  ];
  const state = fold(
    index,
    initialState(index, "r"),
    events.map((event, at) => ({ at, event })),
  );
  const all = [
    backup("a", "chosen", 1, { name: "before" }),
    backup("a", "newest-of-a", 9, { name: "before" }),
    backup("a", "older-of-a", 5, { name: "before" }),
    backup("b", "newest-of-b", 3, { name: "before" }),
    backup("b", "made", 2, { about: { run: "r" } }),
    backup("b", "made-by-another", 2, { about: { run: "q" } }),
    backup("b", "manual", 2),
  ];
  expect([...neededBackups(index, state, all)].sort()).toEqual([
    "chosen",
    "made",
    "newest-of-a",
    "newest-of-b",
  ]);
});
