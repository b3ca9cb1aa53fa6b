import { routes } from "@baton/contracts";
import { failed, ok, ProblemError } from "@baton/core";
import type { FastifyRequest } from "fastify";
import { must } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import type { Parts } from "../parts.ts";
import { numberCursor } from "./paging.ts";

/** Why a stream is ended that somebody has open: they may not look on any more. Not knowing is no reason. */
const OUT = new Set(["BATON-ACCESS-SIGN-IN", "BATON-ACCESS-FORBIDDEN"]);

/** The stream of a run. */
export function streamHandler({ raw }: Registrar, { runs, hub }: Parts): void {
  raw(routes.streamRun, async ({ params: { environment, run }, query, request, reply }) => {
    must(await runs.get(environment, run));
    const last = request.headers["last-event-id"];
    const after = typeof last === "string" && last !== "" ? numberCursor(last, 0) : (query.after ?? null);
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      connection: "close",
      // Proxies that gather answers would hold events back.
      "x-accel-buffering": "no",
    });
    reply.raw.flushHeaders();
    await hub.open({
      environment,
      run,
      after,
      out: reply.raw,
      mayGoOn: () => mayLookOn(request, environment),
    });
  });
}

/** Whether whoever opened a stream is still signed in, and still has the right to look. */
async function mayLookOn(request: FastifyRequest, environment: string): Promise<boolean> {
  const { server } = request;
  const may = await server.identify(request).then(
    (principal) => server.authorise(principal, "view", environment),
    (error: unknown) => (error instanceof ProblemError ? failed(...error.problems) : ok(undefined)),
  );
  return may.ok || !may.problems.some(({ code }) => OUT.has(code));
}
