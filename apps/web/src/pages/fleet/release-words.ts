import type { TenantBody } from "../../api/types.ts";

/**
 * The release that serves a tenant. In the middle of a run, or where one stopped half-way, that is neither the old one nor the new
 * one: then whose run it is. Unknown where no run tells.
 */
export function releaseWords({ release, lastRun }: TenantBody): string {
  if (release !== null) return release;
  return lastRun === null ? "unknown" : `in ${lastRun.release}'s run`;
}
