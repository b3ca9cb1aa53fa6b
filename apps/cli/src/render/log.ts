import { jsonFields, type LogLine } from "../support/log-line.ts";
import { paintWith } from "./paint.ts";
import { oneLine, type RenderOptions } from "./text.ts";

/** Fields that the line shows anyway: when, who, what. */
const SHOWN = new Set([
  "at",
  "time",
  "timestamp",
  "ts",
  "service",
  "version",
  "level",
  "message",
  "msg",
  "pid",
]);

/** A line of a log as a person reads it: time in UTC, program, what it says, then its other fields. */
export function renderLogLine(line: LogLine, widest: number, options: RenderOptions): string {
  const paint = paintWith(options.color);
  const time = line.at === null ? "-".padEnd(12) : new Date(line.at).toISOString().slice(11, 23);
  const fields = jsonFields(line.text);
  const said = fields === null ? line.text : wordsOf(fields);
  const words = oneLine(said);
  const failed =
    fields?.level === "error" || /\b(?:ERROR|FATAL|PANIC)\b|effect\.failed|needs-operator/.test(said);
  return `${paint.quiet(time)} ${paint.strong(line.program.padEnd(widest))}  ${failed ? paint.failed(words) : words}`;
}

function wordsOf(fields: Readonly<Record<string, unknown>>): string {
  const message = fields.message ?? fields.msg ?? "";
  const more = Object.entries(fields)
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const level = fields.level === undefined || fields.level === "info" ? "" : `${String(fields.level)} `;
  return [`${level}${String(message)}`, ...more].join("  ");
}
