import { type Plan, SOLE_UNIT } from "../../model/plan.ts";
import { hostsOf } from "../hosts.ts";

/** Room for effects at work: over all steps, and on each database host. */
export interface Slots {
  /** Takes room for a unit; false where there is none, and then nothing is taken. */
  take(unit: string): boolean;
  /** Takes room for what is at work in any case, also beyond the limit. */
  occupy(unit: string): void;
  full(): boolean;
}

/** All the room a plan's limits give. */
export function slotsOf(plan: Plan): Slots {
  const hosts = hostsOf(plan);
  const onHost = new Map<string, number>();
  let taken = 0;
  const hostOf = (unit: string) => (unit === SOLE_UNIT ? undefined : hosts.get(unit));
  const occupy = (unit: string) => {
    taken++;
    const host = hostOf(unit);
    if (host !== undefined) onHost.set(host, (onHost.get(host) ?? 0) + 1);
  };
  const full = () => taken >= plan.limits.units;
  const take = (unit: string) => {
    const host = hostOf(unit);
    if (full() || (host !== undefined && (onHost.get(host) ?? 0) >= plan.limits.perHost)) return false;
    occupy(unit);
    return true;
  };
  return { take, occupy, full };
}
