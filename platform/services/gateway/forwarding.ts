import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { ApiError } from "../../shared/api-error.ts";
import { HEADERS } from "../../shared/request-headers.ts";
import type { TokenClaims } from "../../shared/token-verifier.ts";

/** Bytes of a request's body at most. */
const BODY_LIMIT = 1024 * 1024;

/** Headers of one connection, which end at this gateway in both directions. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What a client may not say about itself, and what is said anew for the next connection. */
const REPLACED = new Set<string>([
  ...Object.values(HEADERS),
  "host",
  "content-length",
  "expect",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
]);

/** Headers that mean nothing reliable when sent twice. */
const ONCE = ["authorization", "idempotency-key", "content-type", "host"];

/** Ids of one request as it travels on. */
export interface TravelIds {
  readonly requestId: string;
  readonly traceId: string;
  readonly platformId: string;
}

/** Refuses a request whose headers say two things at once. */
export function refuseDuplicates(request: IncomingMessage): void {
  for (const name of ONCE)
    if ((request.headersDistinct[name]?.length ?? 0) > 1)
      throw new ApiError(400, "request.duplicate-header", `The ${name} header was sent more than once.`, {
        header: name,
      });
}

/** The headers that go to the service: the client's own without its claims of identity, and the five that are true. */
export function upstreamHeaders(
  request: IncomingMessage,
  claims: TokenClaims,
  ids: TravelIds,
): Record<string, string | string[]> {
  const named = new Set((request.headers.connection ?? "").toLowerCase().split(/\s*,\s*/));
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || REPLACED.has(name) || named.has(name)) continue;
    headers[name] = value;
  }
  headers[HEADERS.request] = ids.requestId;
  headers[HEADERS.trace] = ids.traceId;
  headers[HEADERS.platform] = ids.platformId;
  headers[HEADERS.tenant] = claims.tenant;
  headers[HEADERS.user] = claims.subject;
  return headers;
}

/** The headers that go back to the client. */
export function clientHeaders(
  upstream: IncomingHttpHeaders,
  ids: TravelIds,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(upstream))
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value;
  headers[HEADERS.request] = ids.requestId;
  headers[HEADERS.trace] = ids.traceId;
  return headers;
}

/** The whole body; null where there is none. Throws 413 beyond the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > BODY_LIMIT) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_LIMIT) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(400, "request.aborted", "The client went away before its request was complete.");
  }
  return size === 0 ? null : Buffer.concat(chunks, size);
}

const tooLarge = (): ApiError =>
  new ApiError(413, "request.too-large", `A request's body has at most ${BODY_LIMIT} bytes.`, {
    limit: BODY_LIMIT,
  });
