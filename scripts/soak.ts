/**
 * Goes R1 → R2 → R1 over and over with faults at random moments, and checks after each cycle that nothing was lost.
 * Usage: npm run soak -- [--minutes 30] [--cycles N] [--seed S] [--faults a,b] [--longest SECONDS] [--log FILE] [--json]
 * The same seed strikes the same faults at the same logical moments. Exit code 0: everything held. docs/guides/soak.md.
 */
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { livePlatform, must, steady } from "../apps/cli/test/live-platform.ts";
import { quickHold } from "../apps/cli/test/platform-copy.ts";
import { FAULTS } from "../apps/cli/test-faults/faults/all-faults.ts";
import { soak } from "../apps/cli/test-faults/soak.ts";
import { type SoakReport, soakReport, soakReportLines } from "../apps/cli/test-faults/soak-report.ts";

const USAGE =
  "usage: npm run soak -- [--minutes 30] [--cycles N] [--seed S] [--faults a,b] [--longest SECONDS] [--log FILE] [--json]";

/** What was asked for; wrong options end here with exit code 2. */
function read() {
  const options = {
    minutes: { type: "string", default: "30" },
    cycles: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
    faults: { type: "string", default: [...FAULTS.keys()].join(",") },
    longest: { type: "string", default: "60" },
    log: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(USAGE);
    process.exit(2);
  }
}

const values = read();
if (values.help) {
  console.log(`${USAGE}\nfaults: ${[...FAULTS.keys()].join(", ")}\nSee docs/guides/soak.md.`);
  process.exit(0);
}

function numberOf(name: "minutes" | "cycles" | "seed" | "longest"): number {
  const number = Number(values[name]);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} must be a number, not ${values[name]}`);
  process.exit(2);
}

const faults = values.faults.split(",").filter((name) => name !== "");
const unknown = faults.filter((name) => !FAULTS.has(name));
if (faults.length === 0 || unknown.length > 0) {
  console.error(
    `--faults: unknown ${unknown.join(", ") || "(none named)"}; there are: ${[...FAULTS.keys()].join(", ")}`,
  );
  process.exit(2);
}
const asked = {
  seed: numberOf("seed"),
  forMs: numberOf("minutes") * 60_000,
  cycles: numberOf("cycles"),
  longestMs: numberOf("longest") * 1_000,
  log: values.log ?? join(tmpdir(), `baton-soak-${values.seed}.ndjson`),
};

try {
  await appendFile(asked.log, "");
} catch (error) {
  console.error(`--log: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    console.error("Stopping: the conductor ends in order, then the platform goes down.");
    stop.abort();
  });
const say = (line: string): void => console.error(line);

say(
  `soak: seed ${asked.seed}, ${values.minutes} min, faults ${faults.join(", ")}; schedule and outcomes in ${asked.log}`,
);
const begun = performance.now();
// A hold that bakes for seconds: nobody waits ten minutes in each cycle.
const copy = await quickHold();
const platform = await livePlatform(copy.dir);
let report: SoakReport;
try {
  const records = await soak({ ...asked, platform, faults, say, signal: stop.signal });
  const { requests } = await steady(() => platform.workload.stats());
  const { acknowledged, lost } = must(await platform.workload.verify());
  const minutes = (performance.now() - begun) / 60_000;
  const leftRunning = await platform.end();
  const figures = { seed: asked.seed, minutes, requests, writes: { acknowledged, lost }, leftRunning };
  report = soakReport(records, { ...figures, stopped: stop.signal.aborted });
} catch (error) {
  await platform.end();
  throw error;
} finally {
  await copy.remove();
}
for (const line of soakReportLines(report)) say(line);
if (values.json) console.log(JSON.stringify(report));
process.exitCode = report.held ? 0 : 1;
