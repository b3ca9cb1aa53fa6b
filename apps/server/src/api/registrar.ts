import type { AnswerOf, Checked, Route } from "@baton/contracts";
import { failed, type Json, type Principal, type Problem, type Result, type Right } from "@baton/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { signInFirst } from "../access/access-error.ts";
import { ApiError, must } from "./api-error.ts";
import { readInput } from "./read-input.ts";
import type { RequestKeys } from "./request-keys.ts";

/** What a handler is given: the request's parts, checked, and who sends it. */
export interface Call<R extends Route> extends Checked<R> {
  /** Never null on a route that needs sign-in. */
  readonly principal: Principal | null;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Does what a JSON route is for; what it cannot do it throws as an `ApiError`. */
export type Handler<R extends Route> = (call: Call<R>) => Promise<AnswerOf<R>>;

/** Answers a route that is no JSON document by itself, over the reply. */
export type RawHandler<R extends Route> = (call: Call<R>) => Promise<void>;

export interface RegistrarOptions {
  readonly app: FastifyInstance;
  /** The environments this server conducts. */
  readonly environments: readonly string[];
  readonly keys: RequestKeys;
  /** Why nothing can be told now, whatever is asked; null while all is well. */
  readonly trouble: () => Problem | null;
  /** Whether each answer is held against its shape before it goes out: in tests. */
  readonly checkAnswers: boolean;
}

/** The one way to a route: it is in the contracts, or it is not there. */
export interface Registrar {
  json<R extends Route>(route: R, handler: Handler<R>): void;
  raw<R extends Route>(route: R, handler: RawHandler<R>): void;
  /** All that were registered. */
  readonly routes: readonly Route[];
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const routes: Route[] = [];
  const add = <R extends Route>(
    route: R,
    work: (call: Call<R>, parts: Record<string, unknown>) => Promise<unknown>,
  ) => {
    routes.push(route);
    options.app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      exposeHeadRoute: route.answer.kind === "json" || route.answer.kind === "text",
      handler: async (request, reply) => {
        const parts = await checked(options, route, request);
        return work({ ...parts, principal: request.principal, request, reply } as unknown as Call<R>, parts);
      },
    });
  };
  return {
    routes,
    json: (route, handler) =>
      add(route, async (call, parts) => {
        const answer = await answered(options, route, call, parts, () => handler(call));
        if (options.checkAnswers) checkAnswer(route, answer.body);
        if (answer.again) call.reply.header("idempotency-replayed", "true");
        return call.reply.code(answer.status).header("cache-control", "no-store").send(answer.body);
      }),
    raw: (route, handler) =>
      add(route, async (call) => {
        await handler(call);
        return call.reply;
      }),
  };
}

/** Who may, first; then whether the request is as the route takes it. Nobody learns more than they may by asking badly. */
async function checked(options: RegistrarOptions, route: Route, request: FastifyRequest) {
  const { needs } = route;
  if (needs !== "nothing" && request.principal === null)
    throw new ApiError(signInFirst("Nobody is signed in."));
  const params = readInput("path", route.params, request.params);
  const environment = "environment" in params ? String(params.environment) : null;
  if (environment !== null && !options.environments.includes(environment))
    throw new ApiError(unknownEnvironment(environment, options.environments));
  if (needs !== "nothing" && needs !== "sign-in")
    must(await authorised(options, request.principal, needs, environment));
  const trouble = options.trouble();
  if (needs !== "nothing" && trouble !== null) throw new ApiError(trouble);
  const query = readInput("query", route.query, request.query);
  const body = route.body === null ? undefined : readInput("body", route.body, request.body);
  return { params, query, body };
}

/** In the environment of the path; what belongs to none is for whoever has the right in one of them. */
async function authorised(
  { app, environments }: RegistrarOptions,
  principal: Principal | null,
  right: Right,
  environment: string | null,
): Promise<Result<void>> {
  if (environment !== null) return app.authorise(principal, right, environment);
  let last: Result<void> = failed(unknownEnvironment("", environments));
  for (const one of environments) {
    last = await app.authorise(principal, right, one);
    if (last.ok) return last;
  }
  return last;
}

const KeyHeader = z.strictObject({
  "idempotency-key": z.string().regex(/^[\x21-\x7e]{1,200}$/, "use 1 to 200 visible ASCII characters"),
});

/** The answer of a handler, or the one that was given under the same key before. */
async function answered<R extends Route>(
  { keys }: RegistrarOptions,
  route: R,
  { request, principal }: Call<R>,
  parts: Record<string, unknown>,
  work: () => Promise<unknown>,
): Promise<{ readonly status: number; readonly body: unknown; readonly again: boolean }> {
  const status = route.answer.kind === "json" ? route.answer.status : 200;
  const given = request.headers["idempotency-key"];
  if (route.method === "GET" || given === undefined || principal === null)
    return { status, body: await work(), again: false };
  const { "idempotency-key": key } = readInput("header", KeyHeader, { "idempotency-key": given });
  const asked = { route: route.name, params: parts.params, body: parts.body } as unknown as Json;
  const sender = `${principal.kind} ${principal.id}`;
  return must(
    await keys.once({ key, sender, request: asked, secret: route.secret }, async () => ({
      status,
      body: (await work()) as Json,
    })),
  );
}

function checkAnswer(route: Route, body: unknown): void {
  if (route.answer.kind !== "json") return;
  const parsed = route.answer.schema.safeParse(JSON.parse(JSON.stringify(body)));
  if (!parsed.success)
    throw new Error(`${route.name} answers otherwise than it says: ${z.prettifyError(parsed.error)}`);
}

const unknownEnvironment = (environment: string, known: readonly string[]): Problem => ({
  code: "BATON-API-ENVIRONMENT",
  message: `This server does not conduct an environment ${environment}.`,
  remedy: `It conducts ${known.join(", ")}.`,
  details: { environment },
});
