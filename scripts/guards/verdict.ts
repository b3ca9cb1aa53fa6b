import type { Outcome } from "./run-tests.ts";

/** What became of a guard's test without the guard. Only `fails` is as it should be. */
export interface Verdict {
  readonly result: "fails" | "passes" | "broken";
  /** The first line of what the test said, or why nothing can be said. */
  readonly detail: string;
}

/** An assertion of the test, or a law of it that does not hold. Anything else may be the edit's own fault. */
const ASSERTED = /^(?:AssertionError|Error: Property failed)/;

/** Judges a run without the guard: a test that could not be loaded, broke off or ran out of time has noticed nothing. */
export function verdictOf({ loaded, failures, why }: Outcome): Verdict {
  if (!loaded) return { result: "broken", detail: `was not run: ${firstLine(why)}` };
  const [first] = failures;
  if (first === undefined) return { result: "passes", detail: "no assertion of it needs the guard" };
  const asserted = failures.find((failure) => ASSERTED.test(failure));
  if (asserted === undefined)
    return { result: "broken", detail: `failed, but not by an assertion: ${firstLine(first)}` };
  return { result: "fails", detail: firstLine(asserted).replace(/^AssertionError: /, "") };
}

const firstLine = (text: string): string => (text.trim().split("\n", 1)[0] ?? "").slice(0, 160);
