import { createHash } from "node:crypto";
import type { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";
import type { TokenClaims } from "../../../shared/token-verifier.ts";
import type { Action } from "./abac.ts";

/** One authenticated request, as a handler sees it. */
export interface Call {
  readonly caller: TokenClaims;
  readonly requestId: string;
  readonly traceId: string;
  readonly method: string;
  /** Path and query as sent, part of what an idempotency key stands for. */
  readonly target: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Undefined where the client sent none. */
  readonly idempotencyKey: string | undefined;
}

/** What a handler answers. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One endpoint: what it is, what right it needs, and what it does. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly action: Action;
  /** Whether the resource is the platform's own, rather than the caller's tenant's. */
  readonly ofPlatform?: boolean;
  handle(call: Call): Promise<Answer>;
}

/** Parses a part of the request; throws 400 `request.invalid` with every issue and its place. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
  throw new ApiError(400, "request.invalid", "The request is not as the API describes it.", { issues });
}

/** SHA-256 of a text, in hexadecimal. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
