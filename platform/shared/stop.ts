import type { Server } from "node:http";
import type { JsonLog } from "./json-log.ts";

/** After this many milliseconds a stopping process cuts the connections that are still open. */
const STOP_LIMIT_MS = 4500;
/** How often a stopping server looks for connections that have become idle, in milliseconds. */
const IDLE_SWEEP_MS = 50;

/** Whether this process is on its way out; answers then ask the client to close its connection. */
let stopping = false;

/** True from the first SIGTERM or SIGINT on. */
export const isStopping = (): boolean => stopping;

/**
 * On SIGTERM or SIGINT: stop accepting, let open requests finish, close kept-alive connections as they become idle, run
 * `finish` (pools, timers), and exit with 0 within five seconds.
 */
export function stopOnSignal(log: JsonLog, servers: readonly Server[], finish: () => Promise<void>): void {
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info("stopping", { signal });
    const sweep = setInterval(() => {
      for (const server of servers) server.closeIdleConnections();
    }, IDLE_SWEEP_MS);
    const limit = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, STOP_LIMIT_MS);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    clearInterval(sweep);
    clearTimeout(limit);
    await finish().catch((error: unknown) => log.error("finish", { reason: String(error) }));
    log.info("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop(signal));
}
