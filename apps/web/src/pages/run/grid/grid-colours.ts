import type { Mark } from "@baton/core";
import { tokenColours } from "../../../ui/token-colours.ts";
import type { GridColours } from "./grid-painter.ts";

const HUES: Readonly<Record<Mark, string | null>> = {
  done: "green",
  running: "blue",
  waits: "amber",
  failed: "red",
  undoing: "violet",
  parked: "orange",
  "to-come": null,
  unknown: null,
};

const tonesOf = (hue: string | null) =>
  hue === null
    ? (["--line-strong", "--sunken", "--quiet"] as const)
    : ([`--${hue}-line`, `--${hue}-soft`, `--${hue}-text`] as const);

/** The theme's colours for the grid: the same tokens as everywhere. */
export function readColours(): GridColours {
  const tokens = ["--strong", "--quiet", "--line-strong", "--sunken", "--focus"];
  const read = tokenColours([...tokens, ...Object.values(HUES).flatMap(tonesOf)]);
  const colour = (token: string): string => read[token] ?? "";
  const marks = Object.fromEntries(
    Object.entries(HUES).map(([mark, hue]) => {
      const [line, soft, solid] = tonesOf(hue).map(colour);
      return [mark, { line, soft, solid }];
    }),
  );
  return {
    text: colour("--strong"),
    quiet: colour("--quiet"),
    line: colour("--line-strong"),
    ground: colour("--sunken"),
    focus: colour("--focus"),
    marks: marks as GridColours["marks"],
    font: getComputedStyle(document.documentElement).getPropertyValue("--font-text"),
  };
}
