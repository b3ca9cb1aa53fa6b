import { type Json, renderNumber } from "@baton/core";

/** How many units' figures are told at once. */
const MOST = 2;

/**
 * Passing figures of a step's units under way, ` · t-hale 1,204 of 1,911 rows`; empty where none has reported any. They are no part
 * of the truth and are only shown beside it.
 */
export function progressWords(progress: Readonly<Record<string, Json>>, step: string): string {
  const told = Object.entries(progress).flatMap(([key, figures]) => {
    const unit = unitOf(key, step);
    const words = unit === null ? "" : figuresInWords(figures);
    return words === "" ? [] : [`${unit === "-" ? "" : `${unit} `}${words}`];
  });
  return told
    .slice(0, MOST)
    .map((words) => ` · ${words}`)
    .join("");
}

/** Of an effect's key, `run/step/unit/…`: the unit, where it belongs to this step. */
function unitOf(key: string, step: string): string | null {
  const parts = key.split("/");
  const at = parts.indexOf(step);
  return at < 0 ? null : (parts[at + 1] ?? null);
}

function figuresInWords(figures: Json): string {
  if (typeof figures !== "object" || figures === null || Array.isArray(figures)) return "";
  const numbers = Object.entries(figures).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  const total = numbers.find(([name]) => name === "total" || name === "of")?.[1];
  return numbers
    .filter(([name]) => name !== "total" && name !== "of")
    .map(
      ([name, value], at) =>
        `${renderNumber(value)}${at === 0 && total !== undefined ? ` of ${renderNumber(total)}` : ""} ${name}`,
    )
    .join(", ");
}
