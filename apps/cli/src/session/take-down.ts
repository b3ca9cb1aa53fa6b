import { createSupervisorClient, type SupervisorClient } from "@baton/adapters";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { isAlive, signalProcess } from "@baton/journal/embedded/process-mark";
import { conductorHere, SLOTS, type Where } from "@baton/session";
import { ensureSupervisor, leftovers } from "@baton/supervisor";

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

/** What `takeDown` found and stopped. */
export interface TakenDown {
  readonly conductor: number | null;
  readonly supervisor: number | null;
}

const stubborn = (holder: { pid: number }): Problem => ({
  code: "BATON-DOWN-CONDUCTOR",
  message: `Process ${holder.pid} did not stop within ${GONE_BOUND_MS / 1000} s of being asked to.`,
  remedy: `End it with \`kill -9 ${holder.pid}\` and run \`npx baton down\` again; the journal keeps what it had done.`,
});

/** Asks whoever conducts here to stop, and waits until they have. Gives the pid of the last one. */
async function stopConductors(stateDir: string, say: (line: string) => void): Promise<Result<number | null>> {
  let stopped: number | null = null;
  for (const slot of SLOTS) {
    const holder = await conductorHere(stateDir, slot);
    if (holder === null || holder.pid === process.pid) continue;
    say(`Stopping \`baton ${holder.command}\` (process ${holder.pid})`);
    await signalProcess(holder, "SIGTERM");
    const gone = async () => (await conductorHere(stateDir, slot))?.pid !== holder.pid;
    if (!(await within(GONE_BOUND_MS, gone))) return failed(stubborn(holder));
    if (slot !== "server") stopped = holder.pid;
  }
  return ok(stopped);
}

/**
 * The supervisor that answers; null where nothing runs at all. No answer is not "nothing": where processes of a supervisor
 * that is gone still live, a new one is started to take them over, so that they can be stopped in order.
 */
async function supervisorOf(
  where: Where,
  say: (line: string) => void,
): Promise<Result<SupervisorClient | null>> {
  const supervisor = createSupervisorClient(where.stateDir);
  const state = await supervisor.state();
  if (state.ok) return ok(supervisor);
  const { alive } = await leftovers(where.stateDir);
  if (alive.length === 0) return ok(null);
  say(
    `The supervisor does not answer, but ${alive.map(({ name, pid }) => `${name} (${pid})`).join(", ")} still run: taking them over`,
  );
  return ensureSupervisor({ ...where, nodePath: process.execPath, log: say });
}

/**
 * Stops everything on a state folder in order: whoever conducts (they let effects under way finish), the workload, the
 * services, the key service, PostgreSQL. Ok when there was nothing; the run goes on at the next start.
 */
export async function takeDown(where: Where, say: (line: string) => void): Promise<Result<TakenDown>> {
  const conductor = await stopConductors(where.stateDir, say);
  if (!conductor.ok) return conductor;
  const supervisor = await supervisorOf(where, say);
  if (!supervisor.ok) return supervisor;
  if (supervisor.value === null) return ok({ conductor: conductor.value, supervisor: null });
  const state = await supervisor.value.state();
  if (!state.ok) return state;
  say("Stopping the workload, the services, the key service and PostgreSQL");
  const stopped = await supervisor.value.shutdown();
  // It answers first and ends then; "nothing is left running" is said of it too. Somebody else's stop may cut our answer off.
  const gone = await within(SUPERVISOR_BOUND_MS, async () => !(await isAlive(state.value.pid)));
  if (!stopped.ok && !gone) return stopped;
  return ok({ conductor: conductor.value, supervisor: state.value.pid });
}
