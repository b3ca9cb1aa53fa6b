import type { FastifyRequest } from "fastify";

/** Paths whose addresses carry codes and states of sign-ins. */
const SECRETIVE = /^\/(auth|identity)\b/;

/** An address as it may be logged: of sign-in the path's first parts alone, since whatever follows may let somebody in. */
export function loggedUrl(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  return SECRETIVE.test(path) ? path.split("/").slice(0, 3).join("/") : url;
}

/** How a request is logged: never with its headers. For Fastify's `logger.serializers.req`. */
export const loggedRequest = (request: Pick<FastifyRequest, "method" | "url" | "ip">) => ({
  method: request.method,
  url: loggedUrl(request.url),
  ip: request.ip,
});
