import type { Route } from "@baton/contracts";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answer } from "./error-handler.ts";

/** Whoever may have an answer to what no route takes: true where they gave it. */
export type Fallback = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** Answers what no route takes: 405 with `Allow` where the path is one, else what the fallback has, else 404. */
export function answerUnknown(app: FastifyInstance, routes: readonly Route[], fallback: Fallback): void {
  const known = routes.map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = [
      ...new Set(known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
    ];
    if (allowed.length > 0) {
      reply.header("allow", allowed.join(", "));
      return answer(reply, 405, [
        {
          code: "BATON-API-METHOD",
          message: `This route takes ${allowed.join(" and ")}, not ${request.method}.`,
          remedy: "Use a method that the header `Allow` names.",
        },
      ]);
    }
    if (fallback(request, reply)) return reply;
    return answer(reply, 404, [
      {
        code: "BATON-API-ROUTE",
        message: "There is no such route.",
        remedy: "See /v1/reference for those there are.",
      },
    ]);
  });
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{\w+\}/g, "[^/]+")}/?$`);
