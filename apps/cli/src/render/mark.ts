import { type Mark, symbolOf } from "@baton/core";
import type { Paint } from "./paint.ts";

/** The symbol in its colour. */
export function paintMark(mark: Mark, paint: Paint): string {
  const symbol = symbolOf(mark);
  if (mark === "to-come" || mark === "unknown") return paint.quiet(symbol);
  return paint[mark](symbol);
}
