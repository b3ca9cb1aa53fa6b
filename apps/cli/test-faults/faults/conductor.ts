import { runLease } from "@baton/conductor";
import { conductorPid, until } from "../../test/baton-process.ts";
import { steady } from "../../test/live-platform.ts";
import type { Fault, World } from "./fault.ts";

/** Sends the signal to the process that drives; null where none does any more. */
async function signalConductor({ platform, slot }: World, name: NodeJS.Signals): Promise<number | null> {
  const pid = await conductorPid(platform.dir, slot);
  if (pid === null) return null;
  await platform.processes.look();
  try {
    process.kill(pid, name);
    return pid;
  } catch {
    return null; // it ended in this moment
  }
}

/** Ends the process that drives the run as the kernel would: no handler runs, nothing is said. */
export const conductorKill: Fault = {
  name: "conductor-kill",
  words: "kill -9 of the conductor",
  harmsRequests: false,
  mayTurn: false,
  mayEndConductor: true,
  async strike(world) {
    const pid = await signalConductor(world, "SIGKILL");
    return pid === null ? null : { what: `process ${pid}`, heal: async () => undefined };
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
    const pid = await signalConductor(world, "SIGSTOP");
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
