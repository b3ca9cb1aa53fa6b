import { ApiError } from "../../../shared/api-error.ts";

/** SQLSTATE of a failed statement, or the code of a network error; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The constraint that a statement violated, where it names one. */
export function violated(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("constraint" in error)) return undefined;
  return typeof error.constraint === "string" ? error.constraint : undefined;
}

const FORBIDDEN = "42501";
const UNAVAILABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "3D000",
  "28000",
  "28P01",
  "53300",
  "57P01",
  "57P02",
  "57P03",
  "08006",
  "08003",
]);

/** The answer to a database error: 503 where another moment or another release may succeed, else undefined. */
export function databaseAnswer(error: unknown): ApiError | undefined {
  const code = errorCode(error);
  if (code === FORBIDDEN)
    return new ApiError(503, "tenant.closed", "This release may no longer do this in the tenant's database.");
  const lost =
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
  if (lost || (code !== undefined && UNAVAILABLE.has(code)))
    return new ApiError(503, "tenant.unavailable", "The database cannot be reached; try again.");
  return undefined;
}
