/** One line of a program's log, secrets removed. A line without a time of its own belongs to the one before it. */
export interface LogLine {
  readonly program: string;
  /** Milliseconds since 1970; null where neither the line nor one before it says. */
  readonly at: number | null;
  readonly text: string;
  /** The run it speaks of, where it says so. */
  readonly run: string | null;
}

const TIME_FIELDS = ["at", "time", "timestamp", "ts"];
/** As PostgreSQL begins its lines: `2026-11-21 12:03:04.567 UTC [123] LOG:  …`. */
const LEADING = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:[.,]\d+)?) ?(UTC|GMT|Z|[+-]\d\d(?::?\d\d)?)?/;

/** The lines of a piece of a log, in its order. `last` is the time of the line before it. */
export function logLines(program: string, text: string, last: number | null = null): readonly LogLine[] {
  let at = last;
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .map((line) => {
      const fields = jsonFields(line);
      at = (fields === null ? leadingTime(line) : timeField(fields)) ?? at;
      return { program, at, text: line, run: typeof fields?.run === "string" ? fields.run : null };
    });
}

/** What a line of JSON says; null where it is another text. */
export function jsonFields(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function timeField(fields: Readonly<Record<string, unknown>>): number | null {
  for (const name of TIME_FIELDS) {
    const value = fields[name];
    const at = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
    if (Number.isFinite(at)) return at;
  }
  return null;
}

function leadingTime(line: string): number | null {
  const [, day, time, zone] = LEADING.exec(line) ?? [];
  if (day === undefined || time === undefined) return null;
  const offset =
    zone === undefined || ["UTC", "GMT"].includes(zone) ? "Z" : /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone;
  const at = Date.parse(`${day}T${time.replace(",", ".")}${offset}`);
  return Number.isFinite(at) ? at : null;
}

/** Lines of several programs in the order of their times; those of one program keep theirs. */
export const byTime = (lines: readonly LogLine[]): readonly LogLine[] =>
  [...lines].sort((a, b) => (a.at ?? Number.NEGATIVE_INFINITY) - (b.at ?? Number.NEGATIVE_INFINITY));
