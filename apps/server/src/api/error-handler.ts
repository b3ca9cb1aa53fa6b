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

type FastifyTrouble = Error & { readonly code?: string; readonly statusCode?: number };

/** Answers every error in the API's one form. What nobody foresaw is logged and told without what it says. */
export function answerErrors(app: FastifyInstance, redactor: Redactor): void {
  app.setErrorHandler((error: FastifyTrouble, request, reply) => {
    const known = refusedBy(error);
    if (known !== null) return answer(reply, known.status, known.problems);
    log(request, error, redactor);
    return answer(reply, 500, [internal]);
  });
}

/** The same for what Fastify finds before there is a route: for its option `frameworkErrors`. */
export function answerFrameworkError(error: FastifyTrouble, _request: unknown, reply: FastifyReply): void {
  const known = refusedBy(error);
  void answer(reply, known?.status ?? 500, known?.problems ?? [internal]);
}

/** What an error says to whoever asked; null where nobody foresaw it. */
function refusedBy(error: FastifyTrouble): { status: number; problems: readonly Problem[] } | null {
  if (error instanceof ProblemError) return { status: statusOfError(error), problems: error.problems };
  const refused = error.code === undefined ? undefined : REFUSED[error.code];
  if (refused !== undefined) return { status: refused.status, problems: [refused.problem] };
  if (!(error instanceof SyntaxError) || error.statusCode !== 400) return null;
  return {
    status: 400,
    problems: [refusal(400, "JSON", "The body is not sound JSON.", "Correct it.").problem],
  };
}

const statusOfError = (error: ProblemError): number =>
  "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;

/** Answers with problems. */
export const answer = (reply: FastifyReply, status: number, problems: readonly Problem[]) =>
  reply.code(status).type("application/json; charset=utf-8").send(errorBody(problems));

function log(request: FastifyRequest, error: Error, redactor: Redactor): void {
  request.log.error({ stack: redactor(error.stack ?? error.message).value }, "failed");
}
