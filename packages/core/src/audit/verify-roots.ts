import { z } from "zod";
import type { Json } from "../json.ts";
import type { Sha256 } from "../plan/hash.ts";
import type { Problem } from "../problem.ts";
import { merkleRoot } from "./merkle.ts";

/** An event as far as this check looks at it. */
export interface RootedEvent {
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  readonly hash: string;
  readonly data: Json;
}

const FanOutEnd = z.object({
  units: z.object({ root: z.string(), heads: z.record(z.string(), z.string()) }),
});

/**
 * Whether the ends of fan-outs fit the unit streams they sum up: each head they name is the hash of an event of that stream,
 * and their root is the Merkle root of those heads. Without it a unit stream could be rewritten whole, its head included, and
 * every chain would still hold. Codes: `BATON-AUDIT-HEAD`, `BATON-AUDIT-ROOT`.
 */
export function verifyRoots(events: readonly RootedEvent[], sha256: Sha256): readonly Problem[] {
  const hashes = new Map<string, Set<string>>();
  for (const { stream, hash } of events) hashes.set(stream, (hashes.get(stream) ?? new Set()).add(hash));
  return events.flatMap((event) => {
    const end = event.type === "step.ended" ? FanOutEnd.safeParse(event.data) : null;
    if (!end?.success) return [];
    const { root, heads } = end.data.units;
    const gone = Object.entries(heads).filter(([stream, hash]) => !hashes.get(stream)?.has(hash));
    const problems = gone.map(([stream]) =>
      found(event, "HEAD", `the stream ${stream} no longer holds the event it ended with at that time`),
    );
    const pairs = Object.entries(heads).map(([stream, hash]) => ({ stream, hash }));
    if (merkleRoot(pairs, sha256) === root) return problems;
    return [...problems, found(event, "ROOT", "its Merkle root does not fit the heads it names")];
  });
}

const found = (event: RootedEvent, what: "HEAD" | "ROOT", words: string): Problem => ({
  code: `BATON-AUDIT-${what}`,
  message: `Event ${event.seq} of ${event.stream} ended a fan-out, and ${words}.`,
  remedy:
    "Somebody changed the journal outside Baton. Compare it with a backup or an anchor before you trust this run.",
  details: { stream: event.stream, seq: event.seq },
});
