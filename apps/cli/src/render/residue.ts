import { type Mark, type ResidueOverall, symbolOf } from "@baton/core";
import { type RenderOptions, wrap } from "./text.ts";

const MARKS: Readonly<Record<ResidueOverall["state"], Mark>> = {
  gone: "done",
  there: "waits",
  unknown: "unknown",
};

/** What contracts left of the old shape: a line each, what was found and until when it is there. Nothing where there is nothing to say. */
export function renderResidue(residue: readonly ResidueOverall[], options: RenderOptions): readonly string[] {
  if (residue.length === 0) return [];
  const measured =
    residue
      .map((one) => one.measuredAt)
      .sort()
      .at(-1) ?? "";
  return [
    ...wrap(
      `Left of the old shape, as measured when the last tenant was contracted (${inUtc(measured)}):`,
      options.width,
    ),
    ...residue.flatMap((one) =>
      wrap(residueWords(one), options.width, "    ", `  ${symbolOf(MARKS[one.state])} `),
    ),
  ];
}

function residueWords(one: ResidueOverall): string {
  if (one.state === "gone") return `${one.title}: gone, ${one.found}`;
  const state = one.state === "unknown" ? "unknown, " : "";
  const end = one.goneAt === null ? one.until : `${one.until}: ${inUtc(one.goneAt)}`;
  return `${one.title}: ${state}${one.found}, ${end}`;
}

/** A time as people read it, to the minute, with its zone. */
const inUtc = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")} UTC`;
