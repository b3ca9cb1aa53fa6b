/**
 * Whole R2 on this machine, from `npm start` to the hold, and back: N rounds, medians.
 * Usage: npm run bench:release -- [ROUNDS]   (default 3; each round is a fresh platform of 12 tenants × 200 prompts)
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

interface Outcome {
  readonly report: Report;
  readonly rollbackSeconds: number;
}
interface Report {
  readonly requests: { readonly total: number; readonly failed: number };
  readonly writes: { readonly acknowledged: number; readonly lost: number };
  readonly prompts: { readonly total: number; readonly encrypted: number; readonly verified: number };
  readonly latency: Readonly<
    Record<string, { readonly p50: number | null; readonly p99: number | null } | null>
  >;
  readonly conductor: {
    readonly upSeconds: number;
    readonly runSeconds: number;
    readonly peakMegabytes: number;
  };
}

const ENTRY = new URL("../apps/cli/bin/baton.mjs", import.meta.url).pathname;

/** Runs one Baton command to its end and parses the last JSON line it printed. */
async function baton(state: string, ...args: string[]): Promise<{ code: number; json: unknown }> {
  const child = spawn(process.execPath, [ENTRY, ...args, "--state", state, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? 1)));
  return { code, json: JSON.parse(out.trim().split("\n").at(-1) || "null") };
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

async function round(): Promise<Outcome> {
  const state = mkdtempSync(join(tmpdir(), "baton-bench-"));
  try {
    const started = await baton(state, "start", "--yes", "--exit");
    if (started.code !== 0) throw new Error(`start ended with ${started.code}`);
    await baton(state, "up");
    const begun = performance.now();
    const back = await baton(state, "rollback", "--yes");
    const rollbackSeconds = (performance.now() - begun) / 1000;
    if (back.code !== 0) throw new Error(`rollback ended with ${back.code}`);
    return { report: started.json as Report, rollbackSeconds };
  } finally {
    await baton(state, "down");
    rmSync(state, { recursive: true, force: true });
  }
}

const rounds = Number(process.argv[2] ?? 3);
const outcomes: Outcome[] = [];
for (let n = 0; n < rounds; n++) outcomes.push(await round());
const pick = (of: (o: Outcome) => number | null): string =>
  median(outcomes.map((o) => of(o) ?? Number.NaN)).toFixed(1);
const p99 = (window: string) => (o: Outcome) => o.report.latency[window]?.p99 ?? null;

console.log(
  `machine: ${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB · ${rounds} rounds, medians`,
);
console.table({
  "start to plan, s": pick((o) => o.report.conductor.upSeconds),
  "whole R2 to the hold, s": pick((o) => o.report.conductor.runSeconds),
  "rollback from the hold, s (command, whole)": pick((o) => o.rollbackSeconds),
  "p99 before, ms": pick(p99("before")),
  "p99 during, ms": pick(p99("during")),
  "p99 after, ms": pick(p99("after")),
  "p99 during / before": pick((o) => (p99("during")(o) ?? Number.NaN) / (p99("before")(o) ?? Number.NaN)),
  "conductor peak memory, MB": pick((o) => o.report.conductor.peakMegabytes),
  requests: pick((o) => o.report.requests.total),
  "requests failed, all rounds": outcomes.reduce((sum, o) => sum + o.report.requests.failed, 0),
  "writes lost, all rounds": outcomes.reduce((sum, o) => sum + o.report.writes.lost, 0),
});
