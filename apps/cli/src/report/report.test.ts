import type { BackupStandings, Standing } from "@baton/session";
import { expect, test } from "vitest";
import { SampleRun, sampleTraffic } from "../render/testing/sample.ts";
import { columns } from "../render/text.ts";
import { wentWell } from "../start/collect-report.ts";
import { buildReport, type ReportInput } from "./build-report.ts";
import { renderReport } from "./render-report.ts";
import { Report, reportJson } from "./report.ts";

const PLAIN = { width: 80, color: false };
const VERDICT = { acknowledged: 6310, lost: 0, checked: 2200, missing: [] };
const counted = (verified: number) => ({ subject: "prompts", total: 200, encrypted: 200, verified });

const standing = (subject: string, age: number | null): Standing => ({
  subject,
  verdict: age === null || age > 86_400 ? "bad" : "good",
  takenAt: age === null ? null : 1_000,
  ageSeconds: age,
  restoreSeconds: age === null ? null : 2,
  why: age === null ? "never backed up" : "proven by a restore",
});

/** Backups of these ages in seconds, Baton's own first; null: none at all. */
function standingsOf(baton: number | null, ages: readonly (number | null)[]): BackupStandings {
  const tenants = ages.map((age, at) => standing(`t${at}`, age));
  const all = [standing("baton", baton), ...tenants];
  const whole = all.every(({ restoreSeconds }) => restoreSeconds !== null);
  const verdict = all.every((one) => one.verdict === "good") ? "good" : "bad";
  return { baton: standing("baton", baton), tenants, restoreSeconds: whole ? 2 * all.length : null, verdict };
}

function atHold(): SampleRun {
  const run = SampleRun.started().pass("prepare.deploy");
  for (const ring of ["internal", "pilot"]) run.pass(`${ring}.expand`).pass(`${ring}.backfill`, counted(200));
  return run.begin("hold.bake").tell({ type: "run.waiting", step: "hold.bake", reason: "bakes" });
}

function inputOf(run: SampleRun, more: Partial<ReportInput> = {}): ReportInput {
  const { index, state, summary } = run.view();
  return {
    index,
    state,
    summary,
    now: run.now,
    traffic: sampleTraffic,
    verdict: VERDICT,
    journal: { events: 1204, intact: true },
    backups: standingsOf(3_600, [1_800, 82_800, 60]),
    subjects: ["prompts"],
    ...more,
  };
}

test("at the hold the report holds requests, writes, the migration's subject and durations at its top", () => {
  const report = buildReport(inputOf(atHold()));
  expect(Report.parse(report)).toEqual(report);
  expect(reportJson(report)).toMatchObject({
    outcome: "holding",
    requests: { total: 18_442, failed: 0 },
    writes: { acknowledged: 6310, lost: 0 },
    prompts: { total: 600, encrypted: 600, verified: 600 },
    durations: { phases: { contract: null } },
    latency: { before: { p50: 3.1, p99: 10.2 }, during: { p99: 12.4 }, after: null },
    rollback: { measured: null },
    journal: { events: 1204, intact: true },
  });
  expect(report.durations.toHold).toBeGreaterThan(0);
  expect(report.rollback.estimated).toBeGreaterThan(0);
});

test("every figure that is null has its reason, and nothing unknown is printed as 0", () => {
  const run = SampleRun.started();
  const report = buildReport(
    inputOf(run, {
      traffic: null,
      trafficReason: "the workload does not answer",
      verdict: null,
      journal: null,
    }),
  );
  expect(report.requests).toEqual({ total: null, failed: null });
  expect(report.unknown).toMatchObject({
    "requests.total": "the workload does not answer",
    "writes.lost": "nobody asked",
    "journal.intact": "nobody asked",
    "subjects.prompts": "no tenant has been counted yet",
    "durations.toHold": "the run has not come so far",
  });
  const text = renderReport(report, PLAIN).join("\n");
  expect(text).not.toMatch(/\b0 (requests|failed|lost|acknowledged|events|of)/);
  expect(text).toContain("the workload does not answer");
});

test("the report for the terminal, at 80 columns", () => {
  const lines = renderReport(buildReport(inputOf(atHold())), PLAIN);
  expect(lines).toMatchInlineSnapshot(`
    [
      "⏸ R1 → R2 on local · holding · plan 7f3c9e12 · to the hold in 24 s",
      "  waits for hold.bake to bake, 10 min more",
      "",
      "     step                                          tenants  took",
      "  ✓  prepare.deploy      start platform-api 2.0.0            3 s",
      "  ✓  internal.expand     expand encrypt-prompts    1 of 1    3 s",
      "  ✓  internal.backfill   backfill encrypt-prompts  1 of 1    3 s",
      "  ✓  pilot.expand        expand encrypt-prompts    2 of 2    5 s",
      "  ✓  pilot.backfill      backfill encrypt-prompts  2 of 2    5 s",
      "  ▶  hold.bake           bake 600 s                            —",
      "  ·  hold.approval       approval by approver                  —",
      "  ·  contract.plaintext  contract encrypt-prompts  —           —",
      "",
      "  phases    prepare 3 s · internal 7 s · pilot 11 s · hold 1 s",
      "  traffic   18,442 requests · 0 failed",
      "  latency   before p50 3.1 ms, p99 10 ms · during p50 3.4 ms, p99 12 ms",
      "            after unknown (there is no window \`after\`)",
      "  writes    6,310 acknowledged · 0 lost",
      "  prompts   600 of 600 encrypted · 600 of 600 verified",
      "  rollback  estimated 5 s · measured unknown (no rollback was done)",
      "  backups   Baton itself 1 h old · 3 of 3 tenants' proven within a day",
      "            the oldest 23 h old · all back in 8 s when tried",
      "  journal   1,204 events · intact",
      "  run       r-1",
      "  plan      7f3c9e1200aa4be19bd200000000000000000000000000000000000000000000",
    ]
  `);
  for (const width of [40, 60, 80]) {
    const narrow = renderReport(buildReport(inputOf(atHold())), { width, color: false });
    expect(Math.max(...narrow.map(columns))).toBeLessThanOrEqual(width);
  }
});

test("no backup is said plainly, with the command that makes one, and never as an age of 0", () => {
  const none = buildReport(inputOf(atHold(), { backups: standingsOf(null, [null, null]) }));
  expect(none.backups).toEqual({
    verdict: "bad",
    batonSeconds: null,
    oldestTenantSeconds: null,
    restoreSeconds: null,
    tenants: { total: 2, proven: 0, good: 0 },
  });
  const words = renderReport(none, { width: 400, color: false }).find((line) => line.includes("backups "));
  expect(words).toContain("NOT GOOD");
  expect(words).toContain("Baton itself: none (never backed up: `npx baton backup --all` makes");
  expect(words).toContain("no tenant has a proven backup: `npx baton backup --all`");
  expect(words).not.toMatch(/\b0 s\b/);
  const some = buildReport(inputOf(atHold(), { backups: standingsOf(60, [null, 90_000]) }));
  expect(some.backups).toMatchObject({ oldestTenantSeconds: 90_000, tenants: { proven: 1, good: 0 } });
  const untold = buildReport(
    inputOf(atHold(), { backups: null, backupsReason: "the tenants cannot be listed" }),
  );
  expect(untold.backups).toMatchObject({ verdict: "unknown", batonSeconds: null, tenants: null });
  expect(renderReport(untold, PLAIN).join("\n")).toContain(
    "backups   unknown (the tenants cannot be listed)",
  );
});

test("lost writes and a broken journal are said as they are", () => {
  const input = inputOf(atHold(), {
    verdict: { ...VERDICT, lost: 2 },
    journal: { events: 10, intact: false },
  });
  const text = renderReport(buildReport(input), PLAIN).join("\n");
  expect(text).toContain("2 lost");
  expect(text).toContain("BROKEN");
});

test("a tenant that was left out is in the report with its cause, and nothing went well then", () => {
  const away = {
    code: "BATON-TENANT-UNREACHABLE",
    message: "cedar is away.",
    remedy: "Bring it back.",
  } as const;
  const run = SampleRun.started().pass("prepare.deploy");
  run.pass("internal.expand").pass("internal.backfill", counted(200));
  run.begin("pilot.expand").intend("pilot.expand", "birch").intend("pilot.expand", "cedar");
  run.done("pilot.expand", "birch").park("pilot.expand", "cedar", away);
  const report = buildReport(inputOf(run));
  expect(report.parked).toEqual([{ tenant: "cedar", problem: away }]);
  expect(renderReport(report, PLAIN).join("\n")).toContain(
    "  parked    cedar parked: cedar is away. (BATON-TENANT-UNREACHABLE)",
  );
  const whole = buildReport(inputOf(atHold()));
  expect(wentWell(whole, true)).toBe(true);
  expect(wentWell({ ...whole, parked: report.parked }, true)).toBe(false);
});

test("figures of some tenants are not taken for those of all", () => {
  const run = SampleRun.started()
    .pass("prepare.deploy")
    .pass("internal.expand")
    .pass("internal.backfill", counted(0));
  const report = buildReport(inputOf(run));
  expect(report.subjects.prompts).toEqual({ total: null, encrypted: null, verified: null });
  expect(report.unknown["subjects.prompts"]).toBe("1 of 3 tenants have been counted");
});

test("after a rollback nothing is said about what the migration had done", () => {
  const run = atHold();
  run.tell({
    type: "run.rollback-requested",
    by: { kind: "person", name: "ana", via: "cli" },
    reason: "asked for",
  });
  run.tell({ type: "run.rolling-back", reason: "asked for" });
  const report = buildReport(inputOf(run));
  expect(report.subjects.prompts?.encrypted).toBeNull();
  expect(report.rollback.estimated).toBeNull();
  expect(report.unknown["rollback.estimated"]).toBe("it is refused or already under way");
});
