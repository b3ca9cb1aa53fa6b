import type { Paint } from "./paint.ts";

/** What a symbol says; the same everywhere. */
export type Mark = "done" | "running" | "to-come" | "waits" | "failed" | "undoing" | "unknown" | "parked";

const SYMBOLS: Readonly<Record<Mark, string>> = {
  done: "✓",
  running: "▶",
  "to-come": "·",
  waits: "⏸",
  failed: "✗",
  undoing: "↩",
  unknown: "◌",
  parked: "P",
};

/** The symbol of a state, one column wide. */
export const symbolOf = (mark: Mark): string => SYMBOLS[mark];

/** The symbol in its colour. */
export function paintMark(mark: Mark, paint: Paint): string {
  const symbol = SYMBOLS[mark];
  if (mark === "to-come" || mark === "unknown") return paint.quiet(symbol);
  return paint[mark](symbol);
}
