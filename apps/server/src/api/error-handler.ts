import { errorBody } from "@baton/contracts";
import { type Problem, ProblemError, type Redactor } from "@baton/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** What Fastify refuses by itself, by its code. */
const REFUSED: Readonly<Record<string, { readonly status: number; readonly problem: Problem }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: refusal(413, "BODY", "The body is larger than this route takes.", "Send less."),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: refusal(
    415,
    "MEDIA-TYPE",
    "The body is of a sort that this route does not take.",
    "Send JSON, with `content-type: application/json`.",
  ),
  FST_ERR_CTP_EMPTY_JSON_BODY: refusal(
    400,
    "JSON",
    "The body is empty.",
    "Send a JSON object, `{}` at least.",
  ),
  FST_ERR_CTP_INVALID_JSON_BODY: refusal(400, "JSON", "The body is not sound JSON.", "Correct it."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: refusal(
    400,
    "INPUT",
    "The body is not as long as its header says.",
    "Send the length that it has.",
  ),
  FST_ERR_BAD_URL: refusal(
    400,
    "INPUT",
    "The path cannot be read.",
    "Encode what stands in it by percent signs.",
  ),
};

function refusal(status: number, what: string, message: string, remedy: string) {
  const code = `BATON-API-${what}` as const;
  return { status, problem: { code, message, remedy } };
}

const internal: Problem = {
  code: "BATON-INTERNAL",
  message: "The server failed at this request.",
  remedy: "This is a fault of Baton; the server's log says more. What was journaled is safe.",
};

/** Answers every error in the API's one form. What nobody foresaw is logged and told without what it says. */
export function answerErrors(app: FastifyInstance, redactor: Redactor): void {
  app.setErrorHandler((error: Error & { code?: string; statusCode?: number }, request, reply) => {
    if (error instanceof ProblemError) return answer(reply, statusOfError(error), error.problems);
    const refused = error.code === undefined ? undefined : REFUSED[error.code];
    if (refused !== undefined) return answer(reply, refused.status, [refused.problem]);
    if (error instanceof SyntaxError && error.statusCode === 400)
      return answer(reply, 400, [refusal(400, "JSON", "The body is not sound JSON.", "Correct it.").problem]);
    log(request, error, redactor);
    return answer(reply, 500, [internal]);
  });
}

const statusOfError = (error: ProblemError): number =>
  "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;

/** Answers with problems. */
export const answer = (reply: FastifyReply, status: number, problems: readonly Problem[]) =>
  reply.code(status).type("application/json; charset=utf-8").send(errorBody(problems));

function log(request: FastifyRequest, error: Error, redactor: Redactor): void {
  request.log.error({ stack: redactor(error.stack ?? error.message).value }, "failed");
}
