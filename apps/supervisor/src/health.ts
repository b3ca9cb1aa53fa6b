/** How waiting for a health check ended. */
export type HealthOutcome = "healthy" | "ended" | "late" | "stopped";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
const ASK_TIMEOUT_MS = 2_000;

/** Asks until the address answers 200, the process has ended, the time is over, or `stop` aborts. */
export async function waitHealthy(
  url: string | null,
  timeoutMs: number,
  ended: Promise<unknown>,
  stop: AbortSignal,
): Promise<HealthOutcome> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const deadline = performance.now() + timeoutMs;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    if (stop.aborted) return "stopped";
    if (url === null || (await answers(url, stop))) {
      // A process that has just died may have left its port to another program that answers.
      await Promise.resolve();
      return over ? "ended" : "healthy";
    }
    if (over) return "ended";
    if (performance.now() > deadline) return "late";
    await Promise.race([ended, delay(pause, stop)]);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function answers(url: string, stop: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([stop, AbortSignal.timeout(ASK_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Resolves after this many milliseconds, or at once when the signal aborts. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish);
  });
}
