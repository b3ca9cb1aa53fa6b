import type { ParkedTenant } from "@baton/core";

/** So many are told one by one; JSON has them all. */
const MOST = 5;

/** Which tenants are parked and why, a line each: `birch parked: … (BATON-…)`. */
export function parkedWords(parked: readonly ParkedTenant[]): readonly string[] {
  const shown = parked.length > MOST ? parked.slice(0, MOST - 1) : parked;
  const rest = parked.length - shown.length;
  return [
    ...shown.map(({ tenant, problem }) => `${tenant} parked: ${problem.message} (${problem.code})`),
    ...(rest === 0 ? [] : [`${rest} more parked: npx baton status --json names them all`]),
  ];
}
