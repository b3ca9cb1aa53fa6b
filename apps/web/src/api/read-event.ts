import { RunEvent } from "@baton/core";
import type { EventBody } from "./types.ts";

/** A run's event out of its stored form; null where this page does not know its shape. */
export function readEvent({ data, type }: Pick<EventBody, "data" | "type">): RunEvent | null {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
  const read = RunEvent.safeParse({ ...data, type });
  return read.success ? read.data : null;
}
