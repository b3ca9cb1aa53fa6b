import type { NewEvent } from "@baton/core";

/** Turns an event of one type and version into what a newer program writes instead. Pure. */
export interface Upcaster {
  readonly type: string;
  /** The version it takes in. */
  readonly version: number;
  readonly up: (event: NewEvent) => NewEvent;
}

/** Brings an event to the newest shape there is an upcaster for. */
export type Upcast = (event: NewEvent) => NewEvent;

/**
 * Chains upcasters: each result is offered to the next one until none takes it. Stored bytes and hashes stay as they
 * are, so a chain is checked on events read without upcasting. Throws when two upcasters take the same events.
 */
export function createUpcast(upcasters: readonly Upcaster[]): Upcast {
  const steps = new Map<string, Upcaster>();
  for (const upcaster of upcasters) {
    const name = `${upcaster.type}@${upcaster.version}`;
    if (steps.has(name)) throw new Error(`two upcasters take ${name}`);
    steps.set(name, upcaster);
  }
  return (event) => {
    let newest = event;
    // A chain visits each upcaster once at most; more means that they go in a circle.
    for (let taken = 0; ; taken++) {
      const step = steps.get(`${newest.type}@${newest.version}`);
      if (step === undefined) return newest;
      if (taken === steps.size) throw new Error(`the upcasters of ${event.type} go in a circle`);
      newest = step.up(newest);
    }
  };
}
