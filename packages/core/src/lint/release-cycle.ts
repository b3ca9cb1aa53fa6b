import { checkCycle } from "../plan/cycle.ts";
import { expandRelease } from "../plan/expand.ts";
import type { ReleaseRule } from "./release-facts.ts";

/** No step waits for itself, at however many removes. Looked at ring by ring once the platform is known. */
export const checkCycles: ReleaseRule = ({ release, places, platform }) =>
  checkCycle(expandRelease(release, platform?.tenants.rings ?? null), places);
