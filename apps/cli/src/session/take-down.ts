import { createSupervisorClient } from "@baton/adapters";
import { ok, type Result } from "@baton/core";
import { conductorHere } from "./conductor-lock.ts";

const GONE_BOUND_MS = 60_000;
const SUPERVISOR_BOUND_MS = 5_000;
const POLL_MS = 20;

/** Whether that became true before the bound passed. */
async function within(boundMs: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + boundMs;
  while (performance.now() < end) {
    if (await condition()) return true;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  return false;
}

/** Whether that conductor has left its lock. */
const left = async (stateDir: string, pid: number): Promise<boolean> =>
  (await conductorHere(stateDir))?.pid !== pid;

function ended(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
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
    if (!(await within(GONE_BOUND_MS, () => left(stateDir, conductor.pid)))) {
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
  if (!stopped.ok) return stopped;
  // It answers first and ends then; "nothing is left running" is said of it too.
  await within(SUPERVISOR_BOUND_MS, () => ended(state.value.pid));
  return ok({ conductor: conductor?.pid ?? null, supervisor: state.value.pid });
}
