import { randomUUID } from "node:crypto";

/** The five headers every internal request carries; the gateway sets them, services read them. */
export const HEADERS = {
  request: "x-request-id",
  tenant: "x-tenant-id",
  platform: "x-platform-id",
  user: "x-user-id",
  trace: "x-trace-id",
} as const;

/** Headers as Node gives them without joining duplicates. */
export type DistinctHeaders = Readonly<Record<string, string[] | undefined>>;

/** The header's value when it was sent exactly once, else undefined. */
export function once(headers: DistinctHeaders, name: string): string | undefined {
  const values = headers[name];
  return values?.length === 1 ? values[0] : undefined;
}

/** A fresh request id. */
export const newRequestId = (): string => randomUUID();

/** The trace to continue: `X-Trace-Id` or the W3C `traceparent` when well-formed and sent once, else a fresh one. */
export function traceId(headers: DistinctHeaders): string {
  const own = once(headers, HEADERS.trace);
  if (own !== undefined && /^[0-9a-f]{32}$/.test(own)) return own;
  const parent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(
    once(headers, "traceparent") ?? "",
  );
  return parent?.[1] ?? randomUUID().replaceAll("-", "");
}
