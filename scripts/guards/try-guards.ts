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

/**
 * Runs the tests as they are: of a guard whose test does not pass with the guard in its place nothing can be said, and why, by
 * the guard's name. Null where the signal came.
 */
export async function firstUnchanged(
  dir: string,
  guards: readonly Guard[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Verdict> | null> {
  const outcomes = await runTests(
    dir,
    guards.map(({ test }) => test),
    signal,
  );
  if (outcomes === null) return null;
  const wrong = new Map<string, Verdict>();
  for (const [at, { name }] of guards.entries()) {
    const { result, detail } = verdictOf(outcomes[at] ?? NOT_RUN);
    if (result !== "passes")
      wrong.set(name, { result: "broken", detail: `with the guard in its place: ${detail}` });
  }
  return wrong;
}

const NOT_RUN: Outcome = { loaded: false, passed: 0, failures: [], why: "nothing is known of it" };

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
