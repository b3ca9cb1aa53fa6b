import { type Document, isMap, isPair, isScalar, isSeq, type LineCounter, type ParsedNode } from "yaml";
import type { Place } from "../problem.ts";
import { parentPath, pathOf, type Segments } from "./path.ts";

/**
 * Finds the place of a path in the file it was read from. For a field: its value where that is a single value, else the field's
 * name; with `key`, always its name. A path that is not in the file (a missing field) is placed at the nearest one above it.
 */
export type Places = (path: string, part?: "value" | "key") => Place;

/** Places for a document that was made and not read: the path alone. */
export const noPlaces: Places = (path) => (path === "" ? {} : { path });

interface Offsets {
  readonly value: number;
  readonly key: number;
}

/** Builds the source map of a parsed document: one entry a node. */
export function placesOf(document: Document.Parsed, lines: LineCounter, file: string): Places {
  const offsets = new Map<string, Offsets>();
  collect(document.contents, [], startOf(document.contents) ?? 0, offsets);
  return (path, part = "value") => {
    let at = path;
    while (at !== "" && !offsets.has(at)) at = parentPath(at);
    const found = offsets.get(at);
    const position = lines.linePos(found === undefined ? 0 : part === "key" ? found.key : found.value);
    return {
      file,
      line: Math.max(position.line, 1),
      column: Math.max(position.col, 1),
      ...(path === "" ? {} : { path }),
    };
  };
}

function collect(
  node: ParsedNode | null,
  segments: Segments,
  key: number,
  offsets: Map<string, Offsets>,
): void {
  const single = isScalar(node) && node.value !== null;
  offsets.set(pathOf(segments), { key, value: single ? (startOf(node) ?? key) : key });
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const name = String(pair.key.value);
      const value = pair.value as ParsedNode | null;
      collect(value, [...segments, name], startOf(pair.key) ?? key, offsets);
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      const value = item as ParsedNode;
      collect(value, [...segments, index], startOf(value) ?? key, offsets);
    });
  }
}

const startOf = (node: { range?: readonly [number, number, number] | null } | null): number | undefined =>
  node?.range?.[0];
