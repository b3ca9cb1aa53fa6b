import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "@baton/testkit/arbitraries/index";
import { beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../actions/catalogue.ts";
import { readPlatform } from "../documents/read-platform.ts";
import { readRelease } from "../documents/read-release.ts";
import type { Plan } from "../model/plan.ts";
import type { Tenant } from "../model/tenant.ts";
import { ProblemError, type Result } from "../problem.ts";
import { needsAllTenants } from "../run/manner.ts";
import { ancestorsOf } from "./ancestors.ts";
import { type CompileInput, compilePlan } from "./compile.ts";
import { rollbackAfterHoldSeconds, secondsToHold } from "./estimates.ts";
import { indexPlan } from "./index-plan.ts";

const platformFolder = join(import.meta.dirname, "../../../../platform");
const ringOf = (index: number) => (index === 0 ? "internal" : index < 4 ? "pilot" : "general");
const tenants: Tenant[] = Array.from({ length: 12 }, (_, index) => ({
  id: `t-${String(index).padStart(2, "0")}`,
  ring: ringOf(index),
  database: `dcoder_t_${index}`,
  host: "local",
}));

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

let input: CompileInput;
let plan: Plan;

beforeAll(async () => {
  const platform = unwrap(
    readPlatform(await readFile(join(platformFolder, "platform.yaml"), "utf8"), "platform.yaml"),
  );
  const text = await readFile(join(platformFolder, "releases/R2/release.yaml"), "utf8");
  const release = unwrap(readRelease(text, "releases/R2/release.yaml"));
  input = {
    platform: platform.document,
    release: release.document,
    places: release.places,
    observed: { tenants, services: { identity: "1.0.0", "platform-api": "1.0.0", gateway: "1.0.0" } },
    migrations: {
      "encrypt-prompts": { path: "releases/R2/migrations/encrypt-prompts", digest: sha256("files") },
    },
    catalogue,
    sha256,
  };
  plan = unwrap(compilePlan(input));
});

const step = (id: string) => {
  const found = plan.steps.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no step ${id}`);
  return found;
};

describe("R2 of this repository for twelve tenants", () => {
  test("has a phase a ring, in order, between prepare and the hold (M207)", () => {
    expect(plan.phases.map(({ id, ring, hold }) => [id, ring, hold])).toEqual([
      ["prepare", null, false],
      ["internal", "internal", false],
      ["pilot", "pilot", false],
      ["general", "general", false],
      ["hold", null, true],
      ["contract", null, false],
    ]);
    expect(plan.steps).toHaveLength(38);
    expect(plan.phases.flatMap((phase) => phase.steps)).toEqual(plan.steps.map((one) => one.id));
  });

  test("fans out over the tenants of the ring, or of the platform", () => {
    expect(step("internal.fence").units).toEqual(["t-00"]);
    expect(step("pilot.fence").units).toEqual(["t-01", "t-02", "t-03"]);
    expect(step("prepare.keys").units).toHaveLength(12);
    expect(step("prepare.deploy")).toMatchObject({ units: ["-"], fanOut: false });
  });

  test("each step waits for the one before; a phase's first for the end of the phase before", () => {
    expect(step("prepare.key-service").after).toEqual([]);
    expect(step("internal.expand").after).toEqual(["prepare.healthy"]);
    expect(step("pilot.expand").after).toEqual(["internal.bake"]);
    expect(step("hold.bake").after).toEqual(["general.bake"]);
    expect(step("contract.plaintext").after).toEqual(["hold.approval"]);
  });

  test("says all that will be done: versions before and after, the tenant left open (M197)", () => {
    expect(step("prepare.deploy").input).toEqual({ service: "platform-api", version: "2.0.0" });
    expect(step("pilot.canary").input).toEqual({
      service: "platform-api",
      from: "1.0.0",
      to: "2.0.0",
      percent: 50,
      drainSeconds: 30,
    });
    expect(step("contract.retire").input).toEqual({ service: "platform-api", version: "1.0.0" });
    expect(step("prepare.keys").input).toEqual({ key: ["dcoder-$", "{tenant}"].join("") });
  });

  test("keeps the order of the encryption migration: drain, fence, sweep, verify, switch (M192)", () => {
    const before = ancestorsOf(indexPlan(plan), "pilot.switch");
    for (const id of ["expand", "dual-write", "canary", "backfill", "drain", "fence", "sweep", "verify"]) {
      expect(before).toContain(`pilot.${id}`);
    }
  });

  test("knows what is quick to take back, and that contract is the point of no return (M191)", () => {
    expect(plan.estimates).toMatchObject({ pointOfNoReturn: "contract.plaintext", worstRollbackSeconds: 5 });
    expect(step("contract.plaintext").undo).toBe("none");
    expect([...indexPlan(plan).behindHold]).toEqual(["contract.plaintext", "contract.retire"]);
    expect([...indexPlan(plan).holdSteps]).toEqual(["hold.bake", "hold.approval"]);
  });

  test("estimates by rounds of four tenants, the hold's bake included in the total and not in the time to the hold", () => {
    expect(step("general.backfill").seconds).toBe(4);
    expect(step("pilot.backfill").seconds).toBe(2);
    const toHold = secondsToHold(indexPlan(plan));
    expect(toHold).toBeLessThan(60);
    expect(plan.estimates.totalSeconds).toBeGreaterThan(600 + toHold);
  });

  test("records what it takes for granted, each with a sentence", () => {
    expect(plan.assumptions.map(({ subject }) => subject)).toEqual([
      "service:gateway",
      "service:identity",
      "service:platform-api",
      "rings",
      "ring:internal",
      "ring:pilot",
      "ring:general",
      "migration:encrypt-prompts",
    ]);
    expect(plan.assumptions[5]).toEqual({
      subject: "ring:pilot",
      value: ["t-01", "t-02", "t-03"],
      text: "Ring pilot has 3 tenants: t-01, t-02, t-03.",
    });
  });
});

const compile = (change: Partial<CompileInput>) => unwrap(compilePlan({ ...input, ...change }));

describe("the way back behind the hold", () => {
  const folder = { path: "releases/R2/migrations/encrypt-prompts", digest: sha256("files") };
  const contract = (one: Plan) => one.steps.find((s) => s.id === "contract.plaintext");

  test("a migration that names no way back makes its contract the point of no return", () => {
    expect(contract(plan)).toMatchObject({ undo: "none", undoSeconds: 0 });
    expect(plan.estimates.pointOfNoReturn).toBe("contract.plaintext");
    expect(rollbackAfterHoldSeconds(indexPlan(plan))).toBeNull();
  });

  test("one that names it makes it lossless, slow, and no step of the plan is past return; the hash says which it is", () => {
    const reversible = compile({ migrations: { "encrypt-prompts": { ...folder, reversible: true } } });
    expect(contract(reversible)).toMatchObject({ undo: "lossless", input: { reverse: true } });
    expect(reversible.estimates.pointOfNoReturn).toBeNull();
    expect(reversible.estimates.worstRollbackSeconds).toBe(plan.estimates.worstRollbackSeconds);
    const behind = rollbackAfterHoldSeconds(indexPlan(reversible)) ?? 0;
    expect(behind).toBeGreaterThan(reversible.estimates.worstRollbackSeconds);
    expect(reversible.budgets).toEqual({ rollbackMinutes: 15, rollbackAfterHoldMinutes: 120 });
    expect(reversible.hash).not.toBe(plan.hash);
    expect(reversible.steps.filter(needsAllTenants).map(({ id }) => id)).toEqual([
      "contract.plaintext",
      "contract.retire",
    ]);
  });
});

describe("rings and order", () => {
  test("a ring without tenants has no fan-out, and what waited for it waits for what it waited for", () => {
    const some = tenants.filter((tenant) => tenant.ring !== "pilot");
    const smaller = compile({ observed: { ...input.observed, tenants: some } });
    expect(smaller.phases.find((phase) => phase.id === "pilot")?.steps).toEqual(["pilot.bake"]);
    expect(smaller.steps.find((one) => one.id === "pilot.bake")?.after).toEqual(["internal.bake"]);
  });

  test("a platform without tenants still has a plan", () => {
    const empty = compile({ observed: { ...input.observed, tenants: [] } });
    expect(empty.steps.every((one) => !one.fanOut)).toBe(true);
    expect(empty.steps.find((one) => one.id === "prepare.deploy")?.after).toEqual(["prepare.key-service"]);
  });

  test("a reference to a step of a repeated phase means that step in every ring; inside the phase, in its own", () => {
    const text = (after: string) => `release: R2
from: R1
title: Sample
channel: GA
phases:
  - id: wave
    each: rings
    steps:
      - { id: a, kind: gate.bake, with: { seconds: 1 } }
      - { id: b, title: "again in \${ring}", kind: gate.bake, after: [wave.a], with: { seconds: 1 } }
      - { id: c, kind: gate.bake, after: [a], with: { seconds: 1 } }
  - id: beside
    after: []
    steps:
      - { id: d, kind: gate.bake, after: [${after}], with: { seconds: 1 } }
`;
    const release = unwrap(readRelease(text("wave.b"), "release.yaml"));
    const waves = compile({ release: release.document, places: release.places, migrations: {} });
    const after = Object.fromEntries(waves.steps.map((one) => [one.id, one.after]));
    expect(after["pilot.b"]).toEqual(["pilot.a"]);
    expect(after["pilot.c"]).toEqual(["pilot.a"]);
    expect(after["general.a"]).toEqual(["pilot.b", "pilot.c"]);
    expect(after["beside.d"]).toEqual(["internal.b", "pilot.b", "general.b"]);
    expect(waves.steps.find((one) => one.id === "pilot.b")?.title).toBe("again in pilot");
  });
});
