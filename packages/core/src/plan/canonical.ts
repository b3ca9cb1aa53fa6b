import { ProblemError } from "../problem.ts";

/**
 * The one text of a JSON value, after RFC 8785: object keys in the order of their UTF-16 code units, no blanks, numbers and texts
 * as ECMAScript writes them. Throws a `ProblemError` (`BATON-CANONICAL-VALUE`) for what JSON cannot carry: NaN, infinities,
 * undefined, functions, lone surrogates.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$");
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : refuse(value, path);
  if (typeof value === "string")
    return value.isWellFormed() ? JSON.stringify(value) : refuse("a broken text", path);
  if (Array.isArray(value))
    return `[${Array.from(value, (item, index) => write(item, `${path}[${index}]`)).join(",")}]`;
  if (typeof value !== "object") return refuse(value, path);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return refuse("an object of a class", path);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, item]) => `${write(key, path)}:${write(item, `${path}.${key}`)}`);
  return `{${members.join(",")}}`;
}

function refuse(value: unknown, path: string): never {
  throw new ProblemError({
    code: "BATON-CANONICAL-VALUE",
    message: `${path} is ${String(value)}, which JSON cannot carry.`,
    remedy: "Leave the field out, or give it a value of JSON.",
  });
}
