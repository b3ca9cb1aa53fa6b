import { createRedactor, type Json, type Problem, redactJson } from "@baton/core";

/** A value as JSON carries it: what it cannot carry is left out, nothing at all is null. */
export function journaledJson(value: unknown): Json {
  const text = JSON.stringify(value ?? null) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Json);
}

/** What a driver or a program may quote that looks like a secret: the journal keeps for ever what it is given. */
const redactor = createRedactor([]);

/** One problem for the journal out of all that were found, fields known to the event's schema only. */
export function journaledProblem(problems: readonly Problem[]): Problem {
  const [first, ...others] = problems;
  if (first === undefined) return threw(new Error("it failed without saying why"));
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

/** An action that threw instead of returning its problems. */
export function threw(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "BATON-ACTION-THREW",
    message: `The action broke off: ${redactor(message).value}`,
    remedy: "It is tried again while tries are left. If it stays, look into the logs with `baton explain`.",
  };
}
