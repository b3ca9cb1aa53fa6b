import { z } from "zod";
import type { Problem } from "../problem.ts";
import { knownNames, nearest } from "./nearest.ts";
import { joinPath, pathOf, type Segments } from "./path.ts";
import type { Places } from "./places.ts";

type Issue = z.core.$ZodIssue;

/** What to call a fault, and where the data sits in its file. */
export interface FieldContext {
  readonly code: Problem["code"];
  readonly places: Places;
  /** Path of the data inside the document; an empty text for the whole of it. */
  readonly base: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  /** `pruned` is the data without the fields the schema does not know, so that the rest can be looked at all the same. */
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly pruned: unknown };

/** Checks data against a schema; every fault at once, each with its place, in words and with the known names. */
export function checkFields<T>(schema: z.ZodType<T>, data: unknown, context: FieldContext): Checked<T> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issues = parsed.error.issues;
  return {
    ok: false,
    problems: issues.flatMap((issue) => problemsOf(issue, schema, data, context)),
    pruned: issues.reduce(
      (rest, issue) => (issue.code === "unrecognized_keys" ? without(rest, issue.path, issue.keys) : rest),
      data,
    ),
  };
}

function problemsOf(issue: Issue, schema: z.ZodType, data: unknown, context: FieldContext): Problem[] {
  const path = joinPath(context.base, pathOf(segmentsOf(issue.path)));
  const name = path === "" ? "the file" : `\`${path}\``;
  if (issue.code === "unrecognized_keys") {
    const known = knownFields(schema, segmentsOf(issue.path));
    return issue.keys.map((key) => {
      const at = joinPath(context.base, pathOf([...segmentsOf(issue.path), key]));
      return {
        code: context.code,
        message: `\`${key}\` is not a field of ${name}.`,
        remedy: knownNames("fields", key, known),
        where: context.places(at, "key"),
      };
    });
  }
  const input = valueAt(data, issue.path);
  const { message, remedy } = inWords(issue, name, input);
  const where = context.places(path, issue.code === "invalid_key" ? "key" : "value");
  return [{ code: context.code, message, remedy, where }];
}

function inWords(issue: Issue, name: string, input: unknown): { message: string; remedy: string } {
  if (input === undefined) {
    return { message: `${capital(name)} is missing.`, remedy: `Add it: ${expectation(issue)}.` };
  }
  if (issue.code === "custom")
    return { message: `${capital(name)} is not right.`, remedy: capital(`${issue.message}.`) };
  if (issue.code === "invalid_key") {
    return { message: `${capital(name)} has a name that cannot be used.`, remedy: keyRule(issue) };
  }
  const near =
    issue.code === "invalid_value" && typeof input === "string"
      ? nearest(input, issue.values.map(String))
      : null;
  return {
    message: `${capital(name)} is ${describe(input)}; it must be ${expectation(issue)}.`,
    remedy:
      near === null
        ? `Write ${expectation(issue)}.`
        : `Did you mean \`${near}\`? Write ${expectation(issue)}.`,
  };
}

const keyRule = (issue: Extract<Issue, { code: "invalid_key" }>): string =>
  capital(`${issue.issues.map((inner) => inner.message).join("; ")}.`);

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a set of fields",
  record: "a set of fields",
};

/** What would be right, as the end of "it must be …". */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return NOUNS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1
        ? `\`${String(issue.values[0])}\``
        : `one of ${issue.values.map((value) => `\`${String(value)}\``).join(", ")}`;
    case "too_small":
      return `${amount(issue.origin, issue.minimum, issue.inclusive === false ? "more than" : "at least")}`;
    case "too_big":
      return `${amount(issue.origin, issue.maximum, issue.inclusive === false ? "less than" : "at most")}`;
    case "invalid_union":
      return issue.errors.map((branch) => branch.map(expectation).join(" and ")).join(", or ");
    case "invalid_format":
      if (issue.format === "starts_with" && "prefix" in issue)
        return `a text that begins with \`${String(issue.prefix)}\``;
      return `written otherwise (${issue.message})`;
    default:
      return `written otherwise (${issue.message})`;
  }
}

function amount(origin: string, bound: number | bigint, relation: string): string {
  if (origin === "array") return `a list of ${relation} ${bound}`;
  if (origin === "string")
    return bound === 1 && relation === "at least"
      ? "a text that is not empty"
      : `a text of ${relation} ${bound} characters`;
  return `${relation} ${bound}`;
}

function describe(input: unknown): string {
  if (input === null) return "empty";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "object") return "a set of fields";
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

const segmentsOf = (path: readonly PropertyKey[]): Segments =>
  path.map((segment) => (typeof segment === "number" ? segment : String(segment)));

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const segment of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

/** A copy of `data` in which the object at `path` lacks `keys`. */
function without(data: unknown, path: readonly PropertyKey[], keys: readonly string[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  const [head, ...rest] = path;
  if (Array.isArray(data))
    return data.map((item, index) => (index === head ? without(item, rest, keys) : item));
  const entries = Object.entries(data);
  if (head === undefined) return Object.fromEntries(entries.filter(([key]) => !keys.includes(key)));
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === head ? without(item, rest, keys) : item]),
  );
}

interface ShapeOf {
  readonly properties?: Readonly<Record<string, ShapeOf>>;
  readonly additionalProperties?: ShapeOf | boolean;
  readonly items?: ShapeOf | boolean;
}

/** Names of the fields a schema knows at a path, read from its JSON Schema. */
function knownFields(schema: z.ZodType, path: Segments): readonly string[] {
  let shape: ShapeOf | undefined = z.toJSONSchema(schema, { io: "input", reused: "inline" }) as ShapeOf;
  for (const segment of path) {
    const next: ShapeOf | boolean | undefined =
      typeof segment === "number"
        ? shape?.items
        : (shape?.properties?.[segment] ?? shape?.additionalProperties);
    shape = typeof next === "object" ? next : undefined;
  }
  return Object.keys(shape?.properties ?? {});
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
