import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AccessError } from "./access-error.ts";
import type { AccessParts } from "./options.ts";

const WINDOW = 60_000;
/** So many callers are told apart; then the windows that are over are forgotten, and if none is, the oldest. */
const MOST_CALLERS = 10_000;

interface Count {
  current: number;
  readonly since: number;
}

/** Counts by a clock that is handed in, so that a test need not wait. */
function storeBy(now: () => number) {
  return class Store {
    readonly #counts = new Map<string, Count>();

    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      window: number,
    ): void {
      const at = now();
      const known = this.#counts.get(key);
      const count = known !== undefined && at - known.since < window ? known : { current: 0, since: at };
      count.current += 1;
      if (count !== known) this.#remember(key, count, window);
      done(null, { current: count.current, ttl: count.since + window - at });
    }

    child(): Store {
      return new Store();
    }

    /** The oldest windows stand first. */
    #remember(key: string, count: Count, window: number): void {
      this.#counts.delete(key);
      if (this.#counts.size >= MOST_CALLERS)
        for (const [old, { since }] of this.#counts) {
          if (this.#counts.size < MOST_CALLERS && count.since - since < window) break;
          this.#counts.delete(old);
        }
      this.#counts.set(key, count);
    }
  };
}

/** Limits requests by who sends them: a signed-in caller by their identity, any other by address. `BATON-ACCESS-LIMIT`. */
export async function limitRequests(app: FastifyInstance, { limits, now }: AccessParts): Promise<void> {
  await app.register(rateLimit, {
    store: storeBy(now),
    timeWindow: WINDOW,
    max: (request) => (request.principal === null ? limits.anonymous : limits.signedIn),
    keyGenerator: (request) => request.principal?.id ?? addressOf(request),
    errorResponseBuilder: (_request, { ttl }) =>
      new AccessError(429, {
        code: "BATON-ACCESS-LIMIT",
        message: "Too many requests in one minute.",
        remedy: `Wait ${Math.ceil(ttl / 1_000)} s, as the header Retry-After says, then try again.`,
      }),
  });
  app.addHook("onRoute", (route) => {
    route.bodyLimit ??= limits.bodyBytes;
  });
}

/** What a route says that takes passwords or codes. Counted by address, whoever is signed in there. */
export const attemptsOnly = ({ limits }: Pick<AccessParts, "limits">) => ({
  rateLimit: { max: limits.attempts, timeWindow: WINDOW, keyGenerator: addressOf },
});

const addressOf = (request: FastifyRequest): string => `address ${request.ip}`;
