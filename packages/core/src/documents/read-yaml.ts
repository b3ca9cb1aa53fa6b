import { LineCounter, parseDocument } from "yaml";
import type { Problem } from "../problem.ts";
import { noPlaces, type Places, placesOf } from "./places.ts";

/** A YAML file as read: plain data, the places of its parts, and what is wrong with it as YAML. */
export interface YamlText {
  /** Undefined where the text cannot be understood at all; then `problems` says why. */
  readonly data: unknown;
  readonly places: Places;
  readonly problems: readonly Problem[];
}

/** Reads YAML 1.2. Never throws; every fault of the text is a `BATON-YAML-SYNTAX` with its line and column. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...document.errors, ...document.warnings];
  const problems = faults.map((fault): Problem => {
    const { line, col } = lines.linePos(fault.pos[0]);
    return {
      code: "BATON-YAML-SYNTAX",
      message: `The file is not sound YAML: ${sentence(fault.message)}`,
      remedy: "Correct the text at this place; indentation is by spaces, and a field stands once.",
      where: { file, line: Math.max(line, 1), column: Math.max(col, 1) },
    };
  });
  // A field given twice leaves the rest readable, so its other problems are found in the same go.
  const readable = faults.every((fault) => fault.code === "DUPLICATE_KEY");
  if (!readable) return { data: undefined, places: noPlaces, problems };
  const places = placesOf(document, lines, file);
  try {
    return { data: document.toJS({ maxAliasCount: 100 }) as unknown, places, problems };
  } catch (error) {
    const problem: Problem = {
      code: "BATON-YAML-SYNTAX",
      message: `The file cannot be read: ${sentence(error instanceof Error ? error.message : String(error))}`,
      remedy: "Write the values out in place of the aliases.",
      where: places(""),
    };
    return { data: undefined, places, problems: [...problems, problem] };
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
