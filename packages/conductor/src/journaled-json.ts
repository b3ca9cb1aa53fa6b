import { type Json, type Problem, type Redactor, redactJson } from "@baton/core";

/** A value as JSON carries it: what it cannot carry is left out, nothing at all is null. */
export function journaledJson(value: unknown): Json {
  const text = JSON.stringify(value ?? null) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Json);
}

/**
 * One problem for the journal out of all that were found, fields known to the event's schema only, without secrets: the journal
 * keeps for ever what it is given.
 */
export function journaledProblem(problems: readonly Problem[], redactor: Redactor): Problem {
  const [first, ...others] = problems;
  if (first === undefined)
    return journaledProblem([threw(new Error("it failed without saying why"))], redactor);
  const more =
    others.length === 0 ? "" : ` (and ${others.length} more: ${others.map((p) => p.code).join(", ")})`;
  return {
    code: first.code,
    message: `${redactor(first.message).value}${more}`,
    remedy: first.remedy,
    ...(first.where === undefined ? {} : { where: first.where }),
    ...(first.details === undefined
      ? {}
      : { details: redactJson(journaledJson(first.details), redactor).value }),
  };
}

/** An action that threw instead of returning its problems. Its words may hold anything: see `journaledProblem`. */
export function threw(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "BATON-ACTION-THREW",
    message: `The action broke off: ${message}`,
    remedy: "It is tried again while tries are left. If it stays, look into the logs with `baton explain`.",
  };
}
