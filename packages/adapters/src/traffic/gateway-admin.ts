import { failed, ok, type Platform, type ResolvePort, type Result } from "@baton/core";
import { z } from "zod";

const TIMEOUT_MS = 10_000;

const RefusalBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Where the gateway's admin API is, and by which secret it opens. */
export interface GatewayAddress {
  readonly traffic: Platform["traffic"];
  readonly resolve: ResolvePort;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly what: string;
}

/**
 * Asks the gateway's admin API and reads the answer by a schema. Problems: `BATON-TRAFFIC-REVISION` (409),
 * `BATON-TRAFFIC-REFUSED` (any other refusal, or a body that is not as agreed), `BATON-TRAFFIC-UNREACHABLE`.
 */
export async function askGateway<T>(
  address: GatewayAddress,
  schema: z.ZodType<T>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Result<T>> {
  return parse(await exchange(address, method, path, body), schema);
}

async function exchange(
  options: GatewayAddress,
  method: string,
  path: string,
  body?: unknown,
): Promise<Result<Answer>> {
  const base = await options.resolve.text(options.traffic.url);
  if (!base.ok) return base;
  const token = await options.resolve.text(`\${secret.${options.traffic.tokenSecret}}`);
  if (!token.ok) return token;
  const what = `${method} ${path}`;
  try {
    const response = await fetch(new URL(path, base.value), {
      method,
      headers: {
        authorization: `Bearer ${token.value}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return ok({ status: response.status, body: text === "" ? null : JSON.parse(text), what });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return failed({
      code: "BATON-TRAFFIC-UNREACHABLE",
      message: `The gateway did not answer ${what}: ${cause instanceof Error ? cause.message : "it failed"}.`,
      remedy: "See whether the gateway runs (`baton status`) and what its log says.",
    });
  }
}

function parse<T>(answer: Result<Answer>, schema: z.ZodType<T>): Result<T> {
  if (!answer.ok) return answer;
  const { status, body, what } = answer.value;
  const parsed = schema.safeParse(body);
  if (status >= 200 && status < 300 && parsed.success) return ok(parsed.data);
  const refusal = RefusalBody.safeParse(body);
  const said = refusal.success
    ? `${refusal.data.error.code}, ${refusal.data.error.message}`
    : "no reason given";
  if (status === 409) {
    return failed({
      code: "BATON-TRAFFIC-REVISION",
      message: `The route changed while ${what} was prepared (${said}).`,
      remedy: "Read the route again and decide anew; a retry does that.",
    });
  }
  return failed({
    code: "BATON-TRAFFIC-REFUSED",
    message: `The gateway answered ${what} with ${status} (${said}).`,
    remedy: "See the gateway's log for the request.",
    details: { status },
  });
}
