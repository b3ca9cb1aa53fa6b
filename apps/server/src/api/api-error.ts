import { statusOf } from "@baton/contracts";
import { type Problem, ProblemError, type Result } from "@baton/core";

/** A request that is answered with problems, as Fastify's error handler takes it. */
export class ApiError extends ProblemError {
  readonly statusCode: number;
  constructor(...problems: readonly Problem[]) {
    super(...problems);
    this.name = "ApiError";
    this.statusCode = Math.max(400, ...problems.map(({ code }) => statusOf(code)));
  }
}

/** The value of a result; its problems are thrown, for the error handler alone to catch. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ApiError(...result.problems);
  return result.value;
}
