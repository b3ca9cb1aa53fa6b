/** Runs every test and ends with the plain line `N passed, N failed`. Further arguments go to vitest. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
}

async function readReport(file: string): Promise<VitestReport | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as VitestReport;
  } catch {
    return null; // vitest died before it could write one
  }
}

const folder = await mkdtemp(join(tmpdir(), "baton-test-report-"));
const file = join(folder, "report.json");
const vitest = spawn(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => vitest.kill(signal));
const code = await new Promise<number>((resolve) => vitest.on("exit", (status) => resolve(status ?? 1)));
const report = await readReport(file);
await rm(folder, { recursive: true, force: true });

if (report === null) {
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
} else {
  // A file that fails to load has no failed test of its own; it must still count.
  const broken = code !== 0 && report.numFailedTests === 0 ? Math.max(1, report.numFailedTestSuites) : 0;
  const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : "";
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests + broken} failed${skipped}`);
  process.exitCode = code;
}
