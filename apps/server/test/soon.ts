import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 20_000;

/** Whether something becomes true while one can wait for it; looked at again and again. */
export async function soon(what: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(10))
    if (await what()) return true;
  return what();
}
