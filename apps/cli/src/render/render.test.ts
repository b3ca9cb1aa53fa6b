import { type Problem, renderDuration, renderMilliseconds, renderNumber, renderRatio } from "@baton/core";
import { compiledPlans, freePlans } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { plainChanges } from "./changes.ts";
import { parkedWords } from "./parked.ts";
import { renderPlan } from "./plan.ts";
import { renderProblems } from "./problems.ts";
import { renderRun } from "./run.ts";
import { SampleRun, samplePlan } from "./testing/sample.ts";
import { columns, fit, joinFacts, wrap } from "./text.ts";

const PLAIN = { width: 80, color: false };
const ESCAPE = "\u001b";
const widest = (lines: readonly string[]): number => Math.max(0, ...lines.map(columns));

const CYCLE: Problem = {
  code: "BATON-PLAN-CYCLE",
  message: "gateway → platform-api → orchestrator → gateway",
  remedy: "A service cannot wait for itself. Remove one of the three `after` entries.",
  where: { file: "releases/R2/release.yaml", line: 41 },
};

test("durations read as the words of docs say, and unknown is never 0", () => {
  const seconds = [0, 0.02, 0.34, 2.4, 9.97, 41, 59.7, 60, 130, 599.8, 720, 4800, 7200, null, Number.NaN];
  expect(seconds.map(renderDuration)).toEqual([
    "0 s",
    "under 0.1 s",
    "0.3 s",
    "2.4 s",
    "10 s",
    "41 s",
    "1 min",
    "1 min",
    "2 min 10 s",
    "10 min",
    "12 min",
    "1 h 20",
    "2 h",
    "unknown",
    "unknown",
  ]);
  expect([0.84, 12.4, 1240, null].map(renderMilliseconds)).toEqual(["0.8 ms", "12 ms", "1.2 s", "unknown"]);
});

test("numbers are grouped, ratios have both parts", () => {
  expect([0, 999, 18_442, -1234.56, 1e9, undefined].map(renderNumber)).toEqual([
    "0",
    "999",
    "18,442",
    "-1,234.6",
    "1,000,000,000",
    "unknown",
  ]);
  expect(renderRatio(1998, 2000)).toBe("1,998 of 2,000");
  expect(renderRatio(null, 2000)).toBe("unknown of 2,000");
});

test("a problem says what, where and what to do; several come at once", () => {
  const text = { ...CYCLE, where: { file: "a.yaml", path: "phases[2].kind" } };
  expect(renderProblems([CYCLE, text], PLAIN)).toEqual([
    "error BATON-PLAN-CYCLE  releases/R2/release.yaml:41",
    "  gateway → platform-api → orchestrator → gateway",
    "  A service cannot wait for itself. Remove one of the three `after` entries.",
    "",
    "error BATON-PLAN-CYCLE  a.yaml phases[2].kind",
    "  gateway → platform-api → orchestrator → gateway",
    "  A service cannot wait for itself. Remove one of the three `after` entries.",
  ]);
});

test("what a problem quotes cannot move the cursor or forge a line", () => {
  const nasty = { ...CYCLE, message: `one\nerror BATON-OK fine ${ESCAPE}[2J` };
  const lines = renderProblems([nasty], PLAIN);
  expect(lines).toHaveLength(3);
  expect(lines.join("")).not.toContain(ESCAPE);
});

test("the plan: size, times, undo, every step by phase, the hold, the point of no return", () => {
  expect(renderPlan(samplePlan, PLAIN)).toEqual([
    "R1 → R2 on local · plan 7f3c9e12 · 8 steps · 3 tenants in 2 rings",
    "  about 1 min 6 s to the hold, 11 min in all",
    "  undo: 1 instant, 2 lossless, 4 inert, 1 none · rollback at worst 5 s",
    "  hold before contract",
    "",
    "Prepare · about 4 s",
    "*  deploy  start platform-api 2.0.0  4 s  instant",
    "",
    "ring internal · 1 tenant · about 31 s",
    "*  expand    expand encrypt-prompts, 1 tenant     1 s  lossless",
    "*  backfill  backfill encrypt-prompts, 1 tenant  30 s  inert",
    "",
    "ring pilot · 2 tenants · about 31 s",
    "*  expand    expand encrypt-prompts, 2 tenants     1 s  lossless",
    "*  backfill  backfill encrypt-prompts, 2 tenants  30 s  inert",
    "",
    "⏸ Hold before contract · about 10 min",
    "  The run stops here and waits; until then everything can be taken back.",
    "   bake      bake 600 s              10 min  inert",
    "   approval  approval by approver  a person  inert",
    "",
    "Contract · about 2 s",
    "   plaintext  contract encrypt-prompts, 3 tenants  2 s  none",
    "",
    "* critical path. Undo: instant at once; lossless whole, but takes its time;",
    "  inert nothing to take back; none cannot be taken back.",
    "Rollback before the hold takes 5 s at worst and loses nothing.",
    "Point of no return: contract.plaintext (contract encrypt-prompts). From there on",
    "nothing brings the old shape back. It stands behind the hold and its approval.",
  ]);
});

test("a run at work: phases, tenants at work with their figures, traffic, the way back", () => {
  const run = SampleRun.started().pass("prepare.deploy").pass("internal.expand").pass("internal.backfill");
  run
    .pass("pilot.expand")
    .begin("pilot.backfill")
    .intend("pilot.backfill", "birch")
    .intend("pilot.backfill", "cedar");
  run.done("pilot.backfill", "birch");
  const progress = { "r-1/pilot.backfill/cedar/do/0": { rows: 1204, of: 1911 } };
  expect(renderRun(run.view({ progress }), PLAIN)).toMatchInlineSnapshot(`
    [
      "R1 → R2 on local · plan 7f3c9e12 · running 22 s · about 6 s to the hold",
      "  ✓ prepare        1 step                                                    3 s",
      "  ✓ internal       1 of 1 tenants on R2                                      7 s",
      "  ▶ pilot          1 of 2 tenants on R2 · 1 of 2 steps                       9 s",
      "    ▶ backfill     1 of 2 tenants · cedar 1,204 of 1,911 rows                3 s",
      "  ⏸ hold           bake 10 min, then approval by approver",
      "  · contract       1 step",
      "    traffic        18,442 requests, 0 failed · 6,310 writes acknowledged",
      "                   p99 12 ms, before 10 ms",
      "    you can        back to R1: npx baton rollback, about 5 s, loses nothing",
    ]
  `);
});

test("a run at the hold says for what it waits, and since the users are not asked, that this is unknown", () => {
  const run = SampleRun.started();
  for (const step of [
    "prepare.deploy",
    "internal.expand",
    "internal.backfill",
    "pilot.expand",
    "pilot.backfill",
  ]) {
    run.pass(step);
  }
  run.begin("hold.bake").tell({ type: "run.waiting", step: "hold.bake", reason: "bakes" });
  const lines = renderRun(run.view({ traffic: null, trafficReason: "the workload does not answer" }), PLAIN);
  expect(lines).toMatchInlineSnapshot(`
    [
      "R1 → R2 on local · plan 7f3c9e12 · waits, 26 s",
      "  ✓ prepare        1 step                                                    3 s",
      "  ✓ internal       1 of 1 tenants on R2                                      7 s",
      "  ✓ pilot          2 of 2 tenants on R2                                     11 s",
      "  ⏸ hold           bake 10 min, then approval by approver                    1 s",
      "    ⏸ bake         bake 600 s                                                1 s",
      "  · contract       1 step",
      "    traffic        unknown: the workload does not answer",
      "  ⏸ waits for hold.bake to bake, 10 min more",
      "    you can        back to R1: npx baton rollback, about 5 s, loses nothing",
    ]
  `);
  expect(lines.join("\n")).not.toMatch(/\b0 (requests|failed|lost)/);
});

test("without a terminal every change is a line of its own, said once", () => {
  const run = SampleRun.started();
  const first = run.view();
  expect(plainChanges(null, first, PLAIN)).toEqual([
    "R1 → R2 on local · plan 7f3c9e12 · running 0 s · about 1 min 6 s to the hold",
  ]);
  expect(plainChanges(first, run.view(), PLAIN)).toEqual([]);
  run.pass("prepare.deploy");
  const second = run.view();
  const after = plainChanges(first, second, PLAIN);
  run.begin("internal.expand").intend("internal.expand", "aster").fail("internal.expand", "aster", CYCLE);
  const third = run.view();
  const failing = plainChanges(second, third, PLAIN);
  run.tell({ type: "run.rolling-back", reason: "asked for" });
  expect([after, failing, plainChanges(third, run.view(), PLAIN)]).toMatchInlineSnapshot(`
    [
      [
        "✓ prepare.deploy 3 s",
        "▶ traffic: 18,442 requests, 0 failed · 6,310 writes acknowledged · p99 12 ms,",
        "  before 10 ms",
      ],
      [
        "▶ internal.expand began: expand encrypt-prompts, 1 tenant",
        "✗ internal.expand aster, try 1: BATON-PLAN-CYCLE gateway → platform-api →",
        "  orchestrator → gateway",
      ],
      [
        "↩ rolling back to R1: asked for",
      ],
    ]
  `);
});

const AWAY = {
  code: "BATON-TENANT-UNREACHABLE",
  message: "Tenant cedar's database cannot be reached.",
  remedy: "Bring it back.",
} as const;

/** Gone as far as its hold without cedar. */
const withoutCedar = (): SampleRun => {
  const run = SampleRun.started();
  for (const step of ["prepare.deploy", "internal.expand", "internal.backfill"]) run.pass(step);
  run.begin("pilot.expand").intend("pilot.expand", "birch").intend("pilot.expand", "cedar");
  run.done("pilot.expand", "birch").park("pilot.expand", "cedar", AWAY).end("pilot.expand");
  run.begin("pilot.backfill").intend("pilot.backfill", "birch").done("pilot.backfill", "birch");
  run.end("pilot.backfill").begin("hold.bake");
  return run.tell({ type: "run.waiting", step: "hold.bake", reason: "bakes" });
};

test("a parked tenant is shown with its cause for as long as the run goes forward", () => {
  const run = withoutCedar();
  const cause = "  P cedar parked: Tenant cedar's database cannot be reached.";
  const lines = renderRun(run.view(), PLAIN);
  expect(lines.slice(lines.indexOf(cause))).toMatchInlineSnapshot(`
    [
      "  P cedar parked: Tenant cedar's database cannot be reached.",
      "    (BATON-TENANT-UNREACHABLE)",
      "  ⏸ waits for hold.bake to bake, 10 min more. Parked: cedar",
      "    you can        back to R1: npx baton rollback, about 5 s, loses nothing",
    ]
  `);
  run.tell({ type: "run.rollback-requested", by: { kind: "person", name: "ana", via: "cli" }, reason: "no" });
  run.tell({ type: "run.rolling-back", reason: "no" });
  expect(renderRun(run.view(), PLAIN)).not.toContain(cause);
});

test("many parked tenants: the first of them, and how many more", () => {
  const parked = Array.from({ length: 7 }, (_, n) => ({ tenant: `t-${n}`, problem: AWAY }));
  expect(parkedWords(parked.slice(0, 5))).toHaveLength(5);
  const words = parkedWords(parked);
  expect(words).toHaveLength(5);
  expect(words.at(-1)).toBe("3 more parked: npx baton status --json names them all");
});

test("a tenant that catches up: what is new is said, steps that had ended before are not told again", () => {
  const run = withoutCedar();
  const waiting = run.view();
  run.tell({
    type: "run.retry-requested",
    by: { kind: "person", name: "ana", via: "cli" },
    step: null,
    tenant: "cedar",
  });
  run.tell({ type: "run.retried", step: null, tenant: "cedar" });
  const asked = run.view();
  run.intend("pilot.expand", "cedar").done("pilot.expand", "cedar");
  const first = run.view();
  run.end("pilot.expand").intend("pilot.backfill", "cedar").done("pilot.backfill", "cedar");
  run.end("pilot.backfill");
  const said = [
    plainChanges(waiting, asked, PLAIN),
    plainChanges(asked, first, PLAIN),
    plainChanges(first, run.view(), PLAIN),
  ];
  expect(said).toMatchInlineSnapshot(`
    [
      [],
      [
        "✓ pilot.expand caught up: 2 of 2 tenants",
      ],
      [
        "✓ pilot.backfill caught up: 2 of 2 tenants",
        "▶ traffic: 18,442 requests, 0 failed · 6,310 writes acknowledged · p99 12 ms,",
        "  before 10 ms",
      ],
    ]
  `);
});

test("failed requests are said when they come", () => {
  const run = SampleRun.started();
  const before = run.view();
  const { traffic } = before;
  const worse = traffic === null ? null : { ...traffic, requests: { total: 18_500, failed: 3 } };
  expect(plainChanges(before, run.view({ traffic: worse }), PLAIN)).toEqual([
    "✗ 3 requests of users failed so far",
  ]);
});

test("law: no line of any plan is wider than the width, and without colour there is no escape code", () => {
  const plans = fc.oneof(freePlans(), compiledPlans());
  fc.assert(
    fc.property(plans, fc.integer({ min: 40, max: 120 }), (plan, width) => {
      const lines = renderPlan(plan, { width, color: false });
      expect(widest(lines)).toBeLessThanOrEqual(width);
      expect(lines.join("\n")).not.toContain(ESCAPE);
      expect(widest(renderPlan(plan, { width, color: true }))).toBeLessThanOrEqual(width);
    }),
    { numRuns: 60 },
  );
});

test("law: no line of a run, its changes or a problem is wider than the width, whatever names it meets", () => {
  const names = fc.string({ unit: "grapheme", maxLength: 120 });
  fc.assert(
    fc.property(names, fc.integer({ min: 40, max: 100 }), (name, width) => {
      const options = { width, color: false };
      const problem = { ...CYCLE, message: name, where: { file: name, line: 1 } };
      const run = SampleRun.started().pass("prepare.deploy").begin("internal.expand");
      const before = run.view();
      run.intend("internal.expand", "aster").fail("internal.expand", "aster", problem);
      const view = run.view({ progress: { "x/internal.expand/aster/do/0": { [name]: 3 } } });
      const lines = [
        ...renderProblems([problem], options),
        ...renderRun(view, options),
        ...renderRun({ ...view, traffic: null, trafficReason: name }, options),
        ...plainChanges(before, view, options),
      ];
      expect(widest(lines)).toBeLessThanOrEqual(width);
      expect(lines.join("").includes(ESCAPE)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

test("law: wrapping and cutting keep within the width and lose no word", () => {
  const texts = fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 30 }), { maxLength: 20 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 10, max: 100 }), (words, width) => {
      const text = words.join(" ");
      const lines = wrap(text, width, "  ");
      expect(widest(lines)).toBeLessThanOrEqual(width);
      expect(widest(joinFacts(words, width))).toBeLessThanOrEqual(width);
      expect(columns(fit(text, width))).toBeLessThanOrEqual(width);
      expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
    }),
  );
});
