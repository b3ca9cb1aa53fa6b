import {
  type Mark,
  markOfOutcome,
  renderDuration,
  renderMilliseconds,
  renderNumber,
  renderRatio,
  STEP_MARKS,
  symbolOf,
} from "@baton/core";
import { paintMark } from "../render/mark.ts";
import { paintWith } from "../render/paint.ts";
import { parkedWords } from "../render/parked.ts";
import { shortHash } from "../render/plan.ts";
import { renderResidue } from "../render/residue.ts";
import { renderTable } from "../render/table.ts";
import { columns, fit, joinFacts, oneLine, padEnd, type RenderOptions, wrap } from "../render/text.ts";
import type { Report, ReportStep } from "./report.ts";

const MIN_LABEL = 9;

/** The report for the terminal: outcome, steps with what they took, traffic, writes, subjects, rollback, journal. */
export function renderReport(report: Report, options: RenderOptions): readonly string[] {
  const residue = renderResidue(report.residue, options);
  return [
    ...head(report, options),
    "",
    ...steps(report, options),
    "",
    ...figures(report, options),
    ...(residue.length === 0 ? [] : ["", ...residue]),
  ];
}

function head(report: Report, options: RenderOptions): readonly string[] {
  const paint = paintWith(options.color);
  const mark = markOf(report.outcome);
  const lines = joinFacts(
    [
      `${report.from} → ${report.release} on ${report.environment}`,
      report.outcome,
      `plan ${shortHash(report.planHash)}`,
      ...(report.durations.toHold === null
        ? []
        : [`to the hold in ${renderDuration(report.durations.toHold)}`]),
      ...(report.outcome === "holding"
        ? []
        : [`after ${figure(report, "durations.total", renderDuration(report.durations.total))}`]),
    ],
    options.width,
    "  ",
    `${symbolOf(mark)} `,
  );
  const painted = lines.map((line, at) =>
    at === 0 ? paint.strong(line).replace(symbolOf(mark), paintMark(mark, paint)) : line,
  );
  return [...painted, ...wrap(report.reason, options.width, "  ")];
}

function markOf(outcome: string): Mark {
  if (outcome === "holding" || outcome === "opened") return "waits";
  if (outcome === "running") return "running";
  return outcome === "rolling-back" ? "undoing" : markOfOutcome(outcome);
}

function steps(report: Report, options: RenderOptions): readonly string[] {
  const rows = report.steps.map((step) => [
    symbolOf(STEP_MARKS[step.status]),
    oneLine(step.id),
    oneLine(step.title),
    unitWords(step),
    step.seconds === null ? "—" : renderDuration(step.seconds),
  ]);
  return renderTable(
    [["", "step", "", "tenants", "took"], ...rows],
    [{}, {}, { flexible: true }, {}, { align: "right" }],
    options.width,
    "  ",
  );
}

function unitWords({ units, kind, status }: ReportStep): string {
  const fanOut = kind.startsWith("tenants.") || units.total > 1;
  if (!fanOut) return "";
  if (status === "pending") return "—";
  return `${renderRatio(units.done, units.total)}${units.parked === 0 ? "" : `, ${units.parked} parked`}`;
}

function figures(report: Report, options: RenderOptions): readonly string[] {
  const { requests, writes, rollback, journal, durations } = report;
  const rows: [string, readonly string[]][] = [
    [
      "phases",
      Object.entries(durations.phases).flatMap(([name, s]) =>
        s === null ? [] : [`${name} ${renderDuration(s)}`],
      ),
    ],
    [
      "traffic",
      [
        `${figure(report, "requests.total", renderNumber(requests.total))} requests`,
        `${figure(report, "requests.failed", renderNumber(requests.failed))} failed`,
      ],
    ],
    ["latency", (["before", "during", "after"] as const).map((name) => latencyWords(report, name))],
    [
      "writes",
      [
        `${figure(report, "writes.acknowledged", renderNumber(writes.acknowledged))} acknowledged`,
        `${figure(report, "writes.lost", renderNumber(writes.lost))} lost`,
      ],
    ],
    ...Object.keys(report.subjects).map((name): [string, readonly string[]] => [
      name,
      subjectWords(report, name),
    ]),
    [
      "rollback",
      [
        `estimated ${figure(report, "rollback.estimated", renderDuration(rollback.estimated))}`,
        `measured ${figure(report, "rollback.measured", renderDuration(rollback.measured))}`,
      ],
    ],
    ["backups", backupWords(report)],
    [
      "journal",
      [`${figure(report, "journal.events", renderNumber(journal.events))} events`, intactWords(report)],
    ],
    ["parked", parkedWords(report.parked)],
    ["by hand", report.byHand],
    ["run", [report.run]],
    ["plan", [report.planHash]],
  ];
  const width = Math.min(20, Math.max(MIN_LABEL, ...rows.map(([label]) => columns(oneLine(label)))));
  return rows
    .filter(([, facts]) => facts.length > 0)
    .flatMap(([label, facts]) => {
      const name = padEnd(fit(oneLine(label), width), width);
      return joinFacts(facts, options.width, " ".repeat(width + 3), `  ${name} `);
    });
}

function latencyWords(report: Report, name: "before" | "during" | "after"): string {
  const latency = report.latency[name];
  if (latency === null) return `${name} ${figure(report, `latency.${name}`, "unknown")}`;
  if (latency.requests === 0) return `${name} unknown (no request yet)`;
  const over = latency.requests < 20 ? ` (too few: ${latency.requests} requests)` : "";
  return `${name} p50 ${renderMilliseconds(latency.p50)}, p99 ${renderMilliseconds(latency.p99)}${over}`;
}

function subjectWords(report: Report, name: string): readonly string[] {
  const subject = report.subjects[name];
  const reason = report.unknown[`subjects.${name}`];
  if (subject === undefined || reason !== undefined) return [`unknown (${reason ?? "not counted"})`];
  return [
    `${renderRatio(subject.encrypted, subject.total)} encrypted`,
    `${renderRatio(subject.verified, subject.total)} verified`,
  ];
}

function backupWords(report: Report): readonly string[] {
  const { batonSeconds, oldestTenantSeconds, restoreSeconds, tenants, verdict } = report.backups;
  if (tenants === null) return [figure(report, "backups.batonSeconds", "unknown")];
  const none = (path: string): string => `none (${report.unknown[path]})`;
  return [
    ...(verdict === "good" ? [] : ["NOT GOOD"]),
    batonSeconds === null
      ? `Baton itself: ${none("backups.batonSeconds")}`
      : `Baton itself ${renderDuration(batonSeconds)} old`,
    `${renderRatio(tenants.good, tenants.total)} tenants' proven within a day`,
    oldestTenantSeconds === null
      ? `tenants: ${none("backups.oldestTenantSeconds")}`
      : `the oldest ${renderDuration(oldestTenantSeconds)} old`,
    ...(restoreSeconds === null ? [] : [`all back in ${renderDuration(restoreSeconds)} when tried`]),
  ];
}

function intactWords(report: Report): string {
  const { intact } = report.journal;
  if (intact === null) return figure(report, "journal.intact", "intact unknown");
  return intact ? "intact" : "BROKEN: run npx baton audit verify";
}

/** The words for a figure; where it is unknown, with the reason. */
function figure(report: Report, path: string, words: string): string {
  const reason = report.unknown[path];
  return reason === undefined ? words : `${words.includes("unknown") ? words : "unknown"} (${reason})`;
}
