import { ProblemError, type Result } from "@baton/core";

/** The value of a result; a problem ends the test. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

/** Polls until `condition` yields something; rejects after the bound. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | null | undefined>,
  boundMs = 60_000,
): Promise<T> {
  const end = performance.now() + boundMs;
  for (;;) {
    const value = await condition();
    if (value !== null && value !== undefined) return value;
    if (performance.now() > end) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
