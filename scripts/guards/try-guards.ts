import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Guard } from "./guard.ts";
import { withoutGuard } from "./remove-guard.ts";
import { type Outcome, runTests } from "./run-tests.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** A guard and what became of its test without it. */
export interface Tried {
  readonly guard: Guard;
  readonly verdict: Verdict;
  readonly seconds: number;
}

/** What is wrong before any guard was taken out, a line each; empty where every test passes. Null where the signal came. */
export async function firstUnchanged(
  dir: string,
  guards: readonly Guard[],
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const outcomes = await runTests(
    dir,
    guards.map(({ test }) => test),
    signal,
  );
  if (outcomes === null) return null;
  return guards.flatMap(({ name, test }, at) => {
    const why = notPassed(outcomes[at]);
    return why === null ? [] : [`${name}: ${test.file} "${test.name}" ${why}`];
  });
}

function notPassed(outcome: Outcome | undefined): string | null {
  if (outcome === undefined || !outcome.loaded) return `was not run: ${outcome?.why ?? "nothing is known"}`;
  const [first] = outcome.failures;
  return first === undefined ? null : `fails with the guard in its place: ${first.split("\n", 1)[0]}`;
}

/** Takes one guard out of the copy, runs its test, and puts the guard back. Null where the signal came. */
export async function tryGuard(dir: string, guard: Guard, signal: AbortSignal): Promise<Tried | null> {
  const begun = performance.now();
  const file = join(dir, guard.file);
  const text = await readFile(file, "utf8");
  await writeFile(file, withoutGuard(guard, text));
  try {
    const broken = await loadFailure(dir, guard.file);
    const outcomes = broken === null ? await runTests(dir, [guard.test], signal) : [];
    if (outcomes === null) return null;
    const verdict: Verdict =
      outcomes[0] === undefined
        ? { result: "broken", detail: `the edited file does not load: ${broken}` }
        : verdictOf(outcomes[0]);
    return { guard, verdict, seconds: (performance.now() - begun) / 1_000 };
  } finally {
    await writeFile(file, text);
  }
}

/** Why an edited source does not load by itself; null where it does, or is no source. A test must fail by more than that. */
async function loadFailure(dir: string, file: string): Promise<string | null> {
  if (!file.endsWith(".ts")) return null;
  const load = `await import(${JSON.stringify(pathToFileURL(join(dir, file)).href)})`;
  try {
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", load], { cwd: dir });
    return null;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    return stderr.match(/^\w*Error\b.*$/m)?.[0] ?? String(error);
  }
}
