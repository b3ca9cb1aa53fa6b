import { checkCycle } from "../plan/cycle.ts";
import { expandRelease } from "../plan/expand.ts";
import type { ReleaseRule } from "./release-facts.ts";

/**
 * No step waits for itself, at however many removes. Looked at ring by ring once the platform is known. Where two steps share a name
 * there is no telling who waits for whom; that is a finding of its own.
 */
export const checkCycles: ReleaseRule = ({ release, places, platform }) => {
  const phases = expandRelease(release, platform?.tenants.rings ?? null);
  const ids = phases.flatMap((phase) => phase.steps.map((step) => step.id));
  return new Set(ids).size === ids.length ? checkCycle(phases, places) : [];
};
