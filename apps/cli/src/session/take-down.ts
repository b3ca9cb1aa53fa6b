import { createSupervisorClient } from "@baton/adapters";
import { ok, type Result } from "@baton/core";
import { conductorHere } from "./conductor-lock.ts";

const GONE_BOUND_MS = 60_000;
const POLL_MS = 100;

/** Waits until that conductor has left its lock, or the bound has passed. */
async function gone(stateDir: string, pid: number): Promise<boolean> {
  const end = performance.now() + GONE_BOUND_MS;
  while (performance.now() < end) {
    if ((await conductorHere(stateDir))?.pid !== pid) return true;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  return false;
}

/** What `takeDown` found and stopped. */
export interface TakenDown {
  readonly conductor: number | null;
  readonly supervisor: number | null;
}

/**
 * Stops everything on a state folder in order: the conductor (it lets effects under way finish), the workload, the
 * services, the key service, PostgreSQL. Ok when there was nothing; the run goes on at the next start.
 */
export async function takeDown(stateDir: string, say: (line: string) => void): Promise<Result<TakenDown>> {
  const conductor = await conductorHere(stateDir);
  if (conductor && conductor.pid !== process.pid) {
    say(`Stopping \`baton ${conductor.command}\` (process ${conductor.pid})`);
    process.kill(conductor.pid, "SIGTERM");
    if (!(await gone(stateDir, conductor.pid))) {
      return {
        ok: false,
        problems: [
          {
            code: "BATON-DOWN-CONDUCTOR",
            message: `Process ${conductor.pid} did not stop within ${GONE_BOUND_MS / 1000} s of being asked to.`,
            remedy: `End it with \`kill -9 ${conductor.pid}\` and run \`npx baton down\` again; the journal keeps what it had done.`,
          },
        ],
      };
    }
  }
  const supervisor = createSupervisorClient(stateDir);
  const state = await supervisor.state();
  if (!state.ok) return ok({ conductor: conductor?.pid ?? null, supervisor: null });
  say("Stopping the workload, the services, the key service and PostgreSQL");
  const stopped = await supervisor.shutdown();
  return stopped.ok ? ok({ conductor: conductor?.pid ?? null, supervisor: state.value.pid }) : stopped;
}
