import { runLease } from "@baton/conductor";
import { conductorPid, until } from "../../test/baton-process.ts";
import { steady } from "../../test/live-platform.ts";
import type { Fault, World } from "./fault.ts";

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Stops the process that drives, in this very moment, or as soon as one does; null where the leg ends before. */
async function stopConductor({ platform, slot, signal, over }: World): Promise<number | null> {
  const driving = async () => {
    const pid = await conductorPid(platform.dir, slot);
    return pid !== null && alive(pid) ? { pid } : signal.aborted || over.aborted ? { pid: null } : null;
  };
  const { pid } = await until("somebody conducts", driving);
  if (pid === null) return null;
  try {
    process.kill(pid, "SIGSTOP");
  } catch {
    return null; // it ended in this moment
  }
  await platform.processes.look();
  return pid;
}

/** Ends the process that drives the run as the kernel would: no handler runs, nothing is said. */
export const conductorKill: Fault = {
  name: "conductor-kill",
  words: "kill -9 of the conductor",
  harmsRequests: false,
  mayTurn: false,
  mayEndConductor: true,
  async strike(world) {
    // Stopped first, so that nothing happens while its workers are noted.
    const pid = await stopConductor(world);
    if (pid === null) return null;
    process.kill(pid, "SIGKILL");
    return { what: `process ${pid}`, heal: async () => undefined };
  },
};

/** The conductor stands still for longer than its lease lives, and is woken. */
export const conductorStop: Fault = {
  name: "conductor-stop",
  words: "SIGSTOP of the conductor until its lease is over, then SIGCONT",
  harmsRequests: false,
  mayTurn: false,
  mayEndConductor: true,
  async strike(world) {
    const { platform, run } = world;
    const pid = await stopConductor(world);
    if (pid === null) return null;
    return {
      what: `process ${pid}`,
      async heal() {
        try {
          await until("the lease is over", async () => {
            const lease = await steady(() => platform.session.journal.leaseOf(runLease(run)));
            return (lease?.expiresAt ?? 0) < (await steady(() => platform.session.journal.now()));
          });
        } finally {
          process.kill(pid, "SIGCONT");
        }
      },
    };
  },
};
