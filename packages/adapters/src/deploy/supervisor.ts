import { type DeployPort, ok } from "@baton/core";
import type { SupervisorClient } from "../supervisor/client.ts";
import { specDigest } from "./digest.ts";

/** Deploys onto this machine: the supervisor starts, watches and ends the processes. */
export function createSupervisorDeploy(supervisor: SupervisorClient): DeployPort {
  return {
    async instances() {
      const state = await supervisor.state();
      return state.ok ? ok(state.value.instances) : state;
    },
    digest: specDigest,
    start: (spec, signal, epoch) => supervisor.putInstance(spec, signal, epoch),
    stop: (id, signal, epoch) => supervisor.deleteInstance(id, signal, epoch),
  };
}
