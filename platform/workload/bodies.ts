import { createHash } from "node:crypto";

const WORDS =
  "answer as a careful clerk name the source of each figure keep to the question say when you do not know list open points at the end use plain words".split(
    " ",
  );
const MIN_WORDS = 30;
const MORE_WORDS = 220;

/** SHA-256 of a prompt's body, hex. */
export const digestOf = (body: string): string => createHash("sha256").update(body, "utf8").digest("hex");

/** A prompt's text, different from every other one the same source of chance gives. `random` returns 0 to below 1. */
export function promptBody(label: string, random: () => number): string {
  const count = MIN_WORDS + Math.floor(random() * MORE_WORDS);
  const words = Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)] ?? "");
  return `${label}\n${words.join(" ")} ✓ ${random().toString(36).slice(2)}`;
}
