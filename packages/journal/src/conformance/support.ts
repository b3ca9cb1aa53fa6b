import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  eventHash,
  type Json,
  type NewEvent,
  NO_HASH,
  type Result,
  type StoredEvent,
  type StreamAppend,
} from "@baton/core";
import { expect } from "vitest";
import { dataText } from "../data-text.ts";
import { sha256 } from "../hash.ts";

/** A name no other test uses. */
export const fresh = (start: string): string => `${start}/${randomUUID()}`;

export const event = (data: Json, type = "thing.happened", version = 1): NewEvent => ({
  type,
  version,
  data,
});

export const append = (
  stream: string,
  expectedSeq: number | null,
  ...events: readonly NewEvent[]
): StreamAppend => ({
  stream,
  expectedSeq,
  events,
});

/** The value of a result that must be one. */
export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** Codes of the problems of a result; empty when it went well. */
export const codes = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : result.problems.map((problem) => problem.code);

/** Tries until the result is good; for what depends on a lease's end. */
export async function eventually<T>(attempt: () => Promise<Result<T>>, patienceMs = 20_000): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const result = await attempt();
    if (result.ok) return result.value;
    if (performance.now() > end) throw new Error(`still refused: ${codes(result).join()}`);
    await pause(5);
  }
}

/** Asserts that each stream counts from 1 without gaps and that its hashes follow from each other. */
export function expectChains(events: readonly StoredEvent[]): void {
  const ends = new Map<string, StoredEvent>();
  let position = 0;
  for (const one of events) {
    const last = ends.get(one.stream);
    expect(one.position).toBeGreaterThan(position);
    expect(one.seq).toBe((last?.seq ?? 0) + 1);
    expect(one.previous).toBe(last?.hash ?? NO_HASH);
    expect(one.hash).toBe(eventHash(one.previous, { ...one, text: dataText(one.data) }, sha256));
    expect(one.at).toBeGreaterThanOrEqual(last?.at ?? 0);
    position = one.position;
    ends.set(one.stream, one);
  }
}
