import type { Problem } from "@baton/core";
import type { z } from "zod";
import { ApiError } from "./api-error.ts";

/** Where a part of a request stands. */
export type Part = "path" | "query" | "body" | "header";

/** Reads a part of a request by its shape; all that is wrong with it is thrown at once, `BATON-API-INPUT`. */
export function readInput<S extends z.ZodType>(part: Part, shape: S, given: unknown): z.output<S> {
  const parsed = shape.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => toProblems(part, issue));
  problems.push(...unsound(part, given));
  if (!parsed.success || problems.length > 0) throw new ApiError(...problems);
  return parsed.data;
}

function toProblems(part: Part, issue: z.core.$ZodIssue): readonly Problem[] {
  const path = issue.path
    .map((name, at) =>
      typeof name === "number" ? `[${name}]` : at === 0 ? String(name) : `.${String(name)}`,
    )
    .join("");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) =>
      problem(part, path === "" ? key : `${path}.${key}`, "there is no such field"),
    );
  return [problem(part, path, issue.message.charAt(0).toLowerCase() + issue.message.slice(1))];
}

/** Text that PostgreSQL cannot keep: zero bytes and halves of characters. */
function unsound(part: Part, given: unknown, path = ""): readonly Problem[] {
  if (typeof given === "string")
    return given.includes("\0") || !given.isWellFormed()
      ? [problem(part, path, "it holds a character that is none")]
      : [];
  if (typeof given !== "object" || given === null) return [];
  return Object.entries(given).flatMap(([name, value]) => [
    ...unsound(part, name, path),
    ...unsound(part, value, path === "" ? name : `${path}.${name}`),
  ]);
}

function problem(part: Part, path: string, what: string): Problem {
  const named = path === "" ? `The ${part}` : `\`${path}\` in the ${part}`;
  return {
    code: "BATON-API-INPUT",
    message: `${named} is not as this route takes it: ${what}.`,
    remedy: "See /v1/reference for what it takes.",
    where: { path: path === "" ? part : `${part}.${path}` },
  };
}
