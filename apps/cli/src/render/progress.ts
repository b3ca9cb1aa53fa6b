import { type Json, renderNumber } from "@baton/core";
import { oneLine } from "./text.ts";

/** Figures of one unit's work in words: `1,204 of 1,911 rows`, `1,204 rows`; empty where it has reported none. */
export function renderProgress(progress: Readonly<Record<string, Json>>, step: string, unit: string): string {
  const part = `/${step}/${unit}/`;
  const key = Object.keys(progress).findLast((one) => `/${one}/`.includes(part));
  const figures = key === undefined ? null : progress[key];
  if (figures === null || figures === undefined || typeof figures !== "object" || Array.isArray(figures))
    return "";
  const numbers = Object.entries(figures).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  const total = numbers.find(([name]) => name === "total" || name === "of")?.[1];
  return numbers
    .filter(([name]) => name !== "total" && name !== "of")
    .map(([name, value], at) => {
      const of = at === 0 && total !== undefined ? ` of ${renderNumber(total)}` : "";
      return `${renderNumber(value)}${of} ${oneLine(name)}`;
    })
    .join(", ");
}
