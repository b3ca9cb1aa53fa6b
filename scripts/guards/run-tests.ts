import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { removeAbandoned } from "../../packages/testkit/src/global-setup.ts";
import type { GuardTest } from "./guard.ts";

/** The part of vitest's JSON report that is looked at. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** How a named test came out. `loaded` is false where its file could not be loaded, or has no such test. */
export interface Outcome {
  readonly loaded: boolean;
  readonly passed: number;
  /** Whole messages of those that failed. */
  readonly failures: readonly string[];
  /** Why nothing was run. */
  readonly why: string;
}

/** What vitest is to look for. It compares with the titles of a test and all that it stands in. */
export const patternOf = ({ name }: Pick<GuardTest, "name">): string =>
  name.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`).replaceAll(/%[sdifjo]|\\\$\w+/g, ".*");

/** Runs tests of a copy, by their titles, and nothing else of their files. Null where the signal ended it. */
export async function runTests(
  dir: string,
  tests: readonly GuardTest[],
  signal: AbortSignal,
): Promise<readonly Outcome[] | null> {
  const file = join(dir, "guards-report.json");
  await rm(file, { force: true });
  const output = await vitest(dir, tests, file, signal);
  if (signal.aborted) {
    await removeAbandoned();
    return null;
  }
  const report = await readReport(file);
  return tests.map((test) => outcomeOf(dir, test, report, output));
}

async function readReport(file: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Report;
  } catch {
    return { testResults: [] }; // vitest died before it could write one
  }
}

/** In a process group of its own, so that Ctrl-C reaches it through us alone. */
async function vitest(
  dir: string,
  tests: readonly GuardTest[],
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=json",
    `--outputFile.json=${file}`,
    "--project=parts",
    "--project=live",
    `--testNamePattern=${[...new Set(tests.map(patternOf))].join("|")}`,
    ...new Set(tests.map((test) => test.file)),
  ];
  const child = spawn(process.execPath, args, {
    cwd: dir,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => {
      output = `${output}${bytes.toString("utf8")}`.slice(-4_000);
    });
  const stop = () => void child.kill("SIGINT");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  await new Promise<void>((resolve) => {
    child.on("close", () => resolve());
    child.on("error", (error) => {
      output = String(error); // it was never started, and does not close
      resolve();
    });
  });
  signal.removeEventListener("abort", stop);
  return output;
}

function outcomeOf(dir: string, test: GuardTest, report: Report, output: string): Outcome {
  const ofFile = report.testResults.find(({ name }) => name === join(dir, test.file));
  const pattern = new RegExp(patternOf(test));
  const ran = (ofFile?.assertionResults ?? []).filter(
    ({ fullName, status }) => pattern.test(fullName) && (status === "passed" || status === "failed"),
  );
  const failed = ran.filter(({ status }) => status === "failed");
  return {
    loaded: ran.length > 0,
    passed: ran.length - failed.length,
    failures: failed.flatMap(({ failureMessages }) => failureMessages ?? []),
    why: ran.length > 0 ? "" : ofFile?.message || output.trim() || "no such test was run",
  };
}
