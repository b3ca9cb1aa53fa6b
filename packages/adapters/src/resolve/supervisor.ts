import { ok, type ResolvePort, type Result } from "@baton/core";
import type { SupervisorClient } from "../supervisor/client.ts";

/** How long an answer is taken to hold: a secret and a database's address change with a restart only, and effects are repeated after those. */
const HOLDS_MS = 1_000;

/**
 * Fills templates with what the supervisor knows: ports, databases, secrets, folders. Asks for each once a second at most, but
 * for addresses of services, which a deployment moves.
 */
export function createSupervisorResolve(supervisor: SupervisorClient): ResolvePort {
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<Result<string>> }>();
  return {
    async text(template) {
      if (!template.includes("${")) return ok(template);
      if (template.includes("${service.")) return supervisor.resolve(template);
      const now = performance.now();
      const known = answers.get(template);
      if (known !== undefined && now - known.at < HOLDS_MS) return known.answer;
      for (const [old, { at }] of answers) if (now - at >= HOLDS_MS) answers.delete(old);
      const answer = supervisor.resolve(template);
      answers.set(template, { at: now, answer });
      const found = await answer;
      // What could not be had is asked for again at once.
      if (!found.ok) answers.delete(template);
      return found;
    },
  };
}
