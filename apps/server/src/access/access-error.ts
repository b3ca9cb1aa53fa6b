import { type Problem, ProblemError } from "@baton/core";

/** A request that is refused, as Fastify's error handler takes it. */
export class AccessError extends ProblemError {
  readonly statusCode: number;
  constructor(statusCode: number, ...problems: readonly Problem[]) {
    super(...problems);
    this.name = "AccessError";
    this.statusCode = statusCode;
  }
}

/** The HTTP status that a refusal of sign-in or of a right is answered with. */
export function statusOf(problems: readonly Problem[]): number {
  const statuses = problems.map(({ code }) => STATUS[code] ?? (code.startsWith("BATON-JOURNAL") ? 503 : 400));
  return Math.max(400, ...statuses);
}

/** The same as an error to throw. */
export const refuse = (...problems: readonly Problem[]): AccessError =>
  new AccessError(statusOf(problems), ...problems);

const STATUS: Readonly<Record<string, number>> = {
  "BATON-ACCESS-SIGN-IN": 401,
  "BATON-ACCESS-PASSWORD": 401,
  "BATON-ACCESS-CALLBACK": 400,
  "BATON-ACCESS-FORBIDDEN": 403,
  "BATON-ACCESS-ORIGIN": 403,
  "BATON-ACCESS-CODE": 403,
  "BATON-ACCESS-LIMIT": 429,
  "BATON-ACCESS-PROVIDER": 502,
  "BATON-ACCESS-DATABASE": 503,
  "BATON-ACCESS-NEWER": 503,
  "BATON-ACCESS-BUSY": 503,
  "BATON-ACCESS-NO-PERSON": 404,
  "BATON-ACCESS-NO-ROLE": 409,
  "BATON-ACCESS-NO-TOKEN": 404,
  "BATON-ACCESS-NO-INVITATION": 404,
  "BATON-ACCESS-LAST-ADMIN": 409,
  "BATON-APPROVAL-AUTHOR": 403,
  "BATON-APPROVAL-PERSON": 403,
  "BATON-APPROVAL-HASH": 409,
};

export const signInFirst = (why: string): Problem => ({
  code: "BATON-ACCESS-SIGN-IN",
  message: why,
  remedy: "Sign in: in the browser, with `baton login`, or with a service token.",
});

export const unreachable = (): Problem => ({
  code: "BATON-ACCESS-DATABASE",
  message: "The database that keeps sessions cannot be reached, so nobody can be told from anybody else.",
  remedy: "Wait until it is back; nobody was signed out.",
});
