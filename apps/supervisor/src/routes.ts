import { createHash, timingSafeEqual } from "node:crypto";
import { HelperBody, InstanceSpecBody, RunBody } from "@baton/adapters";
import type { Problem, Result } from "@baton/core";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import { z } from "zod";
import type { Supervisor } from "./supervisor.ts";

const ResolveBody = z.strictObject({ text: z.string() });
/** Epoch of the conductor that asks; a person's own command has none. */
const Epoch = z.coerce.number().int().positive().optional();
const SpecBody = z.strictObject({ spec: InstanceSpecBody, epoch: Epoch });
const EpochQuery = z.object({ epoch: Epoch });
const HelperName = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, "use lower-case letters, digits and dashes");

/**
 * The supervisor's HTTP interface, for loopback only: every call carries the bearer token. Problems come as
 * `{problems: [...]}` with 409 for what cannot be done and 400 for what cannot be understood. Nothing is logged.
 */
export function supervisorRoutes(
  supervisor: Supervisor,
  token: string,
  onShutdown: () => Promise<void>,
): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: 4 * 1024 * 1024,
    forceCloseConnections: true,
    requestTimeout: 0,
  });
  app.addHook("onRequest", async (request, reply) => {
    if (!sameToken(request.headers.authorization, token)) {
      return refuse(reply, 401, [problem("BATON-SUPERVISOR-TOKEN", "The token is missing or wrong.")]);
    }
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    return refuse(reply, status, [
      problem("BATON-SUPERVISOR-REQUEST", `The request failed: ${error.message}.`),
    ]);
  });
  app.get("/v1/state", () => supervisor.state());
  app.put<{ Params: { id: string } }>("/v1/instances/:id", async (request, reply) => {
    const body = SpecBody.safeParse(request.body);
    if (!body.success) return malformed(reply, body.error);
    if (body.data.spec.id !== request.params.id) {
      return refuse(reply, 400, [
        problem("BATON-SUPERVISOR-REQUEST", "The path and the spec name different instances."),
      ]);
    }
    return answer(reply, await supervisor.instances.put(body.data.spec, body.data.epoch));
  });
  app.delete<{ Params: { id: string } }>("/v1/instances/:id", async (request, reply) => {
    const query = EpochQuery.safeParse(request.query);
    if (!query.success) return malformed(reply, query.error);
    const removed = await supervisor.instances.remove(request.params.id, query.data.epoch);
    return answer(reply, removed.ok ? { ok: true, value: {} } : removed);
  });
  app.put<{ Params: { name: string } }>("/v1/helpers/:name", async (request, reply) => {
    const name = HelperName.safeParse(request.params.name);
    if (!name.success) return malformed(reply, name.error);
    const body = HelperBody.safeParse(request.body);
    return body.success
      ? answer(reply, await supervisor.helpers.put(name.data, body.data))
      : malformed(reply, body.error);
  });
  app.delete<{ Params: { name: string } }>("/v1/helpers/:name", async (request) => {
    await supervisor.helpers.remove(request.params.name);
    return {};
  });
  app.post("/v1/run", async (request, reply) => {
    const body = RunBody.safeParse(request.body);
    if (!body.success) return malformed(reply, body.error);
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    return answer(reply, await supervisor.run(body.data, gone.signal));
  });
  app.post("/v1/resolve", async (request, reply) => {
    const body = ResolveBody.safeParse(request.body);
    if (!body.success) return malformed(reply, body.error);
    const text = supervisor.resolve(body.data.text);
    return answer(reply, text.ok ? { ok: true, value: { text: text.value } } : text);
  });
  app.post("/v1/shutdown", async () => {
    await onShutdown();
    return {};
  });
  return app;
}

function answer<T>(reply: FastifyReply, result: Result<T>): T | FastifyReply {
  return result.ok ? result.value : refuse(reply, 409, result.problems);
}

function malformed(reply: FastifyReply, error: z.ZodError): FastifyReply {
  const what = error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  return refuse(reply, 400, [
    problem("BATON-SUPERVISOR-REQUEST", `The request cannot be understood: ${what}.`),
  ]);
}

const refuse = (reply: FastifyReply, status: number, problems: readonly Problem[]): FastifyReply =>
  reply.code(status).send({
    problems: problems.map(({ code, message, remedy, details }) => ({ code, message, remedy, details })),
  });

const problem = (code: Problem["code"], message: string): Problem => ({
  code,
  message,
  remedy: "Use the commands of the same version of Baton that started the supervisor.",
});

/** Compares digests, so that the time it takes tells nothing of the token. */
function sameToken(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(`Bearer ${token}`));
}
