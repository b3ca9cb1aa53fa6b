import { failed, type HttpPort, ok } from "@baton/core";

/** What of a body is worth keeping; a health answer is short. */
const BODY_LIMIT = 64 * 1024;

/** Asks with the runtime's `fetch`. Redirects are an answer and are not followed. */
export function createFetchHttp(): HttpPort {
  return {
    async get(url, { timeoutMs, signal }) {
      try {
        const response = await fetch(url, {
          redirect: "manual",
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        return ok({ status: response.status, body: (await response.text()).slice(0, BODY_LIMIT) });
      } catch (error) {
        return failed({
          code: "BATON-HTTP-UNREACHABLE",
          message: `GET ${withoutSecrets(url)} brought no answer: ${reason(error)}.`,
          remedy: "See whether the service runs (`baton status`) and what its log says.",
        });
      }
    },
  };
}

/** An address fit for a message: user, password and query left out. */
function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return "an address that is no URL";
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return "it failed";
  if (error.name === "TimeoutError") return "the time was over";
  if (error.name === "AbortError") return "it was cancelled";
  const cause = error.cause;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}
