import type { PlanStep, RunEvent } from "@baton/core";

/** Over how many streams the effects of fan-outs are spread. Part of the journal's layout: a run keeps it for life. */
const UNIT_STREAMS = 8;

/** FNV-1a over UTF-16 code units: the same in every process and release of Baton. */
function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** Names of a run's streams, of the stream that lists an environment's runs, and of the one that says who may do what there. */
export const streams = {
  run: (run: string): string => `run/${run}`,
  control: (run: string): string => `run/${run}/control`,
  units: (run: string): string => `run/${run}/units`,
  unit: (run: string, unit: string): string => `run/${run}/units/${stableHash(unit) % UNIT_STREAMS}`,
  environment: (environment: string): string => `environment/${environment}`,
  access: (environment: string): string => `access/${environment}`,
} as const;

/** Name of the lease that whoever drives a run holds. */
export const runLease = (run: string): string => `run/${run}`;

/** The stream an event of the conductor belongs to: effects of a fan-out are spread, all else is the run's. */
export function streamOf(run: string, event: RunEvent, step: PlanStep | undefined): string {
  const isEffect =
    event.type === "effect.intended" || event.type === "effect.done" || event.type === "effect.failed";
  return isEffect && step?.fanOut ? streams.unit(run, event.unit) : streams.run(run);
}
