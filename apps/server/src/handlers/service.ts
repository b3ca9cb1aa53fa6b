import { openApiOf, routes } from "@baton/contracts";
import { ApiError } from "../api/api-error.ts";
import type { Registrar } from "../api/registrar.ts";
import type { Metrics } from "../metrics.ts";
import type { Parts } from "../parts.ts";
import { referencePage } from "../reference/page.ts";
import { REFERENCE_STYLE } from "../reference/style.ts";

/** This server's own version, that of Baton. */
export const VERSION = "0.1.0";

const DESCRIPTION =
  "Baton takes a platform of many services and many tenants from one release to the next. Sign in with a browser, or send a service token as `Authorization: Bearer`. Every problem has a stable code.";

/** What the server says of itself. */
export function serviceHandlers(
  registrar: Registrar,
  { follower }: Parts,
  { metrics, isStopping }: { readonly metrics: Metrics; readonly isStopping: () => boolean },
): void {
  const { json, raw } = registrar;
  json(routes.getHealth, async () => ({ status: "alive" as const, version: VERSION }));
  json(routes.getReady, async () => {
    if (isStopping()) throw new ApiError(stopping);
    if (follower.trouble !== null) throw new ApiError(follower.trouble);
    return { status: "ready" as const, position: follower.position, at: follower.now() };
  });
  raw(routes.getMetrics, async ({ reply }) => {
    void reply
      .type(metrics.contentType)
      .header("cache-control", "no-store")
      .send(await metrics.text());
  });
  // The routes are known when the last one is registered: told at the first call, and the same from then on.
  let told: ReturnType<typeof openApiOf> | null = null;
  json(routes.getOpenApi, async () => {
    told ??= openApiOf(registrar.routes, { version: VERSION, description: DESCRIPTION });
    return told as ReturnType<typeof openApiOf> & { openapi: string };
  });
  let page: string | null = null;
  raw(routes.getReference, async ({ reply }) => {
    page ??= referencePage(registrar.routes, { version: VERSION, description: DESCRIPTION });
    void reply.type("text/html; charset=utf-8").send(page);
  });
  raw(routes.getReferenceStyle, async ({ reply }) => {
    void reply
      .type("text/css; charset=utf-8")
      .header("cache-control", "public, max-age=3600")
      .send(REFERENCE_STYLE);
  });
}

export const stopping = {
  code: "BATON-API-STOPPING",
  message: "The server is about to stop.",
  remedy: "Ask again in a moment.",
} as const;
