import { statusOf } from "@baton/contracts";
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

/** Problems as a refusal, with the status of the gravest. */
export const refuse = (...problems: readonly Problem[]): AccessError =>
  new AccessError(Math.max(400, ...problems.map(({ code }) => statusOf(code))), ...problems);

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
