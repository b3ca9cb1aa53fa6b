import { ok, type ResolvePort } from "@baton/core";
import type { SupervisorClient } from "../supervisor/client.ts";

/** Fills templates with what the supervisor knows: ports, databases, secrets, folders. */
export function createSupervisorResolve(supervisor: SupervisorClient): ResolvePort {
  return {
    text: async (template) => (template.includes("${") ? supervisor.resolve(template) : ok(template)),
  };
}
