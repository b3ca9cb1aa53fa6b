import type { Places } from "./places.ts";

/** A file that was read: what it says, and where it says it. */
export interface ReadDocument<T> {
  readonly document: T;
  readonly places: Places;
}
