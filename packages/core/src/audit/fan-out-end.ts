import { z } from "zod";
import type { Sha256 } from "../plan/hash.ts";
import type { Problem } from "../problem.ts";
import { finding } from "./finding.ts";
import { merkleRoot } from "./merkle.ts";

const FanOutEnd = z.object({
  units: z.object({ root: z.string(), heads: z.record(z.string(), z.string()) }),
});

/** The end of a fan-out, as far as this check looks at it. */
export interface EndingEvent {
  readonly stream: string;
  readonly seq: number;
  readonly position: number;
  readonly type: string;
  /** JSON, as stored. */
  readonly data: string;
}

/**
 * Whether the end of a fan-out fits the unit streams it sums up: the heads it names are where those streams end at that moment
 * (`headOf`), and its root is the Merkle root of those heads. Codes: `BATON-AUDIT-HEAD`, `BATON-AUDIT-ROOT`.
 */
export function checkFanOutEnd(
  event: EndingEvent,
  headOf: (stream: string) => string | undefined,
  sha256: Sha256,
): readonly Problem[] {
  if (event.type !== "step.ended") return [];
  const end = FanOutEnd.safeParse(parsed(event.data));
  if (!end.success) return [];
  const { root, heads } = end.data.units;
  const gone = Object.keys(heads).filter((stream) => headOf(stream) !== heads[stream]);
  const problems = gone.map((stream) =>
    found(event, "HEAD", `the stream ${stream} did not end then with the event it names`),
  );
  const pairs = Object.entries(heads).map(([stream, hash]) => ({ stream, hash }));
  if (merkleRoot(pairs, sha256) === root) return problems;
  return [...problems, found(event, "ROOT", "its Merkle root does not fit the heads it names")];
}

/** Null for what is no JSON: that it was changed shows by its hash. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const found = ({ stream, seq, position, type }: EndingEvent, what: "HEAD" | "ROOT", words: string): Problem =>
  finding(what, `Event ${seq} of ${stream} (${type}) ended a fan-out, and ${words}.`, {
    stream,
    seq,
    position,
    type,
  });
