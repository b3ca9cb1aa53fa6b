import { ApiError } from "../../shared/api-error.ts";

/** What a client is told when a service could not be asked: 504 `upstream.timeout`, else 502 `upstream.unreachable`. */
export function unreachable(error: unknown): ApiError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return code.endsWith("_TIMEOUT")
    ? new ApiError(504, "upstream.timeout", "The service did not answer in time.", { reason: code })
    : new ApiError(502, "upstream.unreachable", "The service could not be reached.", { reason: code });
}
