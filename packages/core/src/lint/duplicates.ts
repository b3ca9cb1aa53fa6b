import { joinPath } from "../documents/path.ts";
import type { Places } from "../documents/places.ts";
import type { Problem } from "../problem.ts";

/** A name or number that must stand once, and where it stands. */
export interface Mention {
  readonly what: string | number;
  readonly path: string;
}

/** Refuses everything mentioned twice, at the place of each further mention. */
export function findDuplicates(
  mentions: readonly Mention[],
  code: Problem["code"],
  noun: string,
  remedy: string,
  places: Places,
): readonly Problem[] {
  const first = new Map<string | number, Mention>();
  const problems: Problem[] = [];
  for (const mention of mentions) {
    const earlier = first.get(mention.what);
    if (earlier === undefined) {
      first.set(mention.what, mention);
      continue;
    }
    const line = places(earlier.path).line;
    const where = `\`${earlier.path}\`${line === undefined ? "" : ` (line ${line})`}`;
    problems.push({
      code,
      message: `${noun} ${mention.what} is given twice: here and at ${where}.`,
      remedy,
      where: places(mention.path),
    });
  }
  return problems;
}

/** Mentions of a string or number field in each item of a list in raw data, whatever else the data is. */
export function mentionsIn(data: unknown, path: string, field: string): readonly Mention[] {
  if (!Array.isArray(data)) return [];
  return data.flatMap((item: unknown, index) => {
    const what = fieldOf(item, field);
    if (typeof what !== "string" && typeof what !== "number") return [];
    return [{ what, path: joinPath(`${path}[${index}]`, field) }];
  });
}

/** A field of raw data; undefined where there is none or the data is no object. */
export function fieldOf(data: unknown, field: string): unknown {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  return Object.hasOwn(data, field) ? (data as Record<string, unknown>)[field] : undefined;
}
