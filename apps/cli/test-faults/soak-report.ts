import type { CycleRecord } from "./soak.ts";

/** What a soak came to, for programs; `soak-report.ts` says it in words as well. */
export interface SoakReport {
  readonly seed: number;
  readonly held: boolean;
  /** It was ended before its time; what it saw held, and that proves little. */
  readonly stopped: boolean;
  readonly minutes: number;
  readonly cycles: number;
  /** How cycles ended, as in `hold, then rolled-back`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Faults that struck, by name. */
  readonly faults: Readonly<
    Record<
      string,
      { readonly struck: number; readonly failedRequests: number; readonly worstRecoveryMs: number }
    >
  >;
  readonly conductors: number;
  readonly writes: { readonly acknowledged: number; readonly lost: number | null };
  readonly requests: { readonly total: number; readonly failed: number; readonly unexplained: number };
  readonly worstRecoveryMs: number;
  readonly peakMegabytes: number;
  readonly leftRunning: readonly string[];
  readonly violations: readonly string[];
}

/** What the report needs beside the cycles. */
export interface SoakFigures {
  readonly seed: number;
  readonly minutes: number;
  readonly requests: { readonly total: number; readonly failed: number };
  readonly writes: { readonly acknowledged: number; readonly lost: number | null };
  readonly leftRunning: readonly string[];
  readonly stopped: boolean;
}

/** Sums the cycles up. Held: at least one cycle ran to its end, every invariant held, nothing was lost or left running. */
export function soakReport(records: readonly CycleRecord[], figures: SoakFigures): SoakReport {
  const { seed, minutes, requests, writes, leftRunning, stopped } = figures;
  const outcomes: Record<string, number> = {};
  const faults: Record<string, { struck: number; failedRequests: number; worstRecoveryMs: number }> = {};
  for (const { forward, back, faults: cycleFaults } of records) {
    const words = `${forward}, then ${back}`;
    outcomes[words] = (outcomes[words] ?? 0) + 1;
    for (const { fault, struck, failedRequests, recoveryMs } of cycleFaults) {
      if (struck === null) continue;
      const sum = faults[fault] ?? { struck: 0, failedRequests: 0, worstRecoveryMs: 0 };
      sum.struck += 1;
      sum.failedRequests += failedRequests;
      sum.worstRecoveryMs = Math.max(sum.worstRecoveryMs, recoveryMs ?? 0);
      faults[fault] = sum;
    }
  }
  const attributed = Object.values(faults).reduce((sum, fault) => sum + fault.failedRequests, 0);
  const violations = records.flatMap((r) => r.violations.map((v) => `cycle ${r.cycle}, ${r.run}: ${v}`));
  const held =
    records.length > 0 &&
    violations.length === 0 &&
    writes.lost === 0 &&
    leftRunning.length === 0 &&
    !stopped;
  return {
    seed,
    held,
    stopped,
    minutes,
    cycles: records.length,
    outcomes,
    faults,
    conductors: records.reduce((sum, { conductors }) => sum + conductors, 0),
    writes,
    requests: { ...requests, unexplained: requests.failed - attributed },
    worstRecoveryMs: Math.max(0, ...Object.values(faults).map((fault) => fault.worstRecoveryMs)),
    peakMegabytes: Math.max(0, ...records.map(({ peakMegabytes }) => peakMegabytes)),
    leftRunning,
    violations,
  };
}

function verdict({ held, stopped, violations, leftRunning, writes }: SoakReport): string {
  if (held) return "✓ held";
  const sound = violations.length === 0 && leftRunning.length === 0 && writes.lost === 0;
  return stopped && sound ? "◌ stopped before its time" : "✗ did not hold";
}

/** The report as lines for people. */
export function soakReportLines(report: SoakReport): readonly string[] {
  const { cycles, outcomes, faults, writes, requests, violations, leftRunning } = report;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  return [
    "",
    `${verdict(report)}   seed ${report.seed} · ${cycles} cycles in ${report.minutes.toFixed(1)} min`,
    ...Object.entries(outcomes).map(([words, n]) => `  ${n} × ${words}`),
    ...Object.entries(faults).map(
      ([name, f]) =>
        `  ${name}: ${f.struck} struck · ${f.failedRequests} requests failed by it · worst recovery ${seconds(f.worstRecoveryMs)}`,
    ),
    `  writes: ${writes.acknowledged} acknowledged, ${writes.lost ?? "unknown"} lost`,
    `  requests: ${requests.total}, ${requests.failed} failed, ${requests.unexplained} of them without a fault`,
    `  conductors started: ${report.conductors} · their peak memory: ${report.peakMegabytes} MB`,
    ...leftRunning.map((words) => `  ! left running: ${words}`),
    ...violations.map((words) => `  ! ${words}`),
  ];
}
