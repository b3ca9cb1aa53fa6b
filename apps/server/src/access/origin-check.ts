import type { Problem } from "@baton/core";
import type { FastifyRequest } from "fastify";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request that a browser signs with its cookies by itself comes from one of our own pages: `BATON-ACCESS-ORIGIN` where it
 * does not, or does not say. Browsers send `Origin` with every request that may change something, and no page can change it,
 * nor `Sec-Fetch-Site`; so no token has to be kept and sent along. A request without cookies carries nobody's rights.
 */
export function originRefusal(request: FastifyRequest, publicUrl: string): Problem | null {
  if (SAFE.has(request.method) || request.headers.cookie === undefined) return null;
  const { origin } = request.headers;
  const own =
    origin === undefined
      ? request.headers["sec-fetch-site"] === "same-origin"
      : origin === new URL(publicUrl).origin;
  if (own) return null;
  return {
    code: "BATON-ACCESS-ORIGIN",
    message: "This request was sent by a page of another site, or does not say by which.",
    remedy: `Use the pages of ${publicUrl}; programs use a token in place of cookies.`,
  };
}
