import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

test("the soak, short: mixed faults by a fixed seed, everything holds, and the log has the schedule", {
  timeout: 900_000,
}, async () => {
  const log = join(tmpdir(), `baton-soak-test-${process.pid}.ndjson`);
  const asked = [
    "--minutes",
    "10",
    "--cycles",
    "1",
    "--seed",
    "63",
    "--longest",
    "5",
    "--log",
    log,
    "--json",
  ];
  try {
    const { stdout } = await run(process.execPath, ["scripts/soak.ts", ...asked], { cwd: ROOT });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ held: true, seed: 63, cycles: 1, violations: [], leftRunning: [] });
    expect(report.writes.acknowledged).toBeGreaterThan(0);
    expect(report.writes.lost).toBe(0);
    expect(report.requests.unexplained).toBe(0);
    expect(Object.keys(report.faults).length).toBeGreaterThan(1);
    const lines = (await readFile(log, "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { seed: 63 },
      { number: 1 },
      { cycle: 1, violations: [] },
    ]);
  } finally {
    await rm(log, { force: true });
  }
});
