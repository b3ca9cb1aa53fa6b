import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { answerCall, listed, type StandInCall } from "./stand-in-api.ts";
import { StandInSignIn } from "./stand-in-sign-in.ts";
import {
  type Faults,
  newTenant,
  refusal,
  type StandInAnswer,
  type StandInTenant,
  strike,
} from "./stand-in-store.ts";

/** A strict stand-in for gateway and identity provider in one server, with faults to order. */
export interface StandIn {
  readonly url: string;
  readonly tenants: ReadonlyMap<string, StandInTenant>;
  readonly faults: Faults;
  readonly signIn: StandInSignIn;
  /** Answers given to users so far, by `method tenant`. */
  readonly seen: ReadonlyMap<string, number>;
  /** Requests that broke a rule of the API. */
  readonly breaches: readonly string[];
  close(): Promise<void>;
}

/** Starts one. The last tenant has no bundle and no prompt. */
export async function standIn(
  secret: string,
  tenantIds: readonly string[],
  tokenSeconds = 600,
): Promise<StandIn> {
  const tenants = new Map(tenantIds.map((id, at) => [id, newTenant(at === tenantIds.length - 1)]));
  const faults: Faults = { lose: 0, misread: 0, refuse: 0, reset: 0, silence: 0 };
  const signIn = new StandInSignIn(secret, tokenSeconds);
  const seen = new Map<string, number>();
  const breaches: string[] = [];

  const answer = (request: IncomingMessage, call: StandInCall): StandInAnswer => {
    const user = signIn.userOf(request.headers.authorization);
    const breach = breachOf(request, user);
    if (breach !== null) breaches.push(`${call.method} ${call.path}: ${breach}`);
    if (user === undefined) return refusal(401, "token");
    const [role = "", id = ""] = user.split("@");
    if (call.path === "/v1/tenants") {
      if (user !== "root@platform") return refusal(403, "denied");
      return listed(
        tenantIds.map((tenant) => ({ id: tenant, ring: "pilot", state: "ready" })),
        call,
      );
    }
    const tenant = tenants.get(id);
    if (tenant === undefined) return refusal(403, "denied");
    if (call.method !== "GET" && role === "viewer") return refusal(403, "denied");
    seen.set(`${call.method} ${id}`, (seen.get(`${call.method} ${id}`) ?? 0) + 1);
    if (strike(faults, "refuse")) return refusal(500, "fault");
    return answerCall(tenant, call, faults);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", signIn.issuer);
    const method = request.method ?? "";
    const text = await bodyOf(request);
    if (signIn.answer(method, url, new URLSearchParams(text), response)) return;
    if (strike(faults, "reset")) {
      request.socket.destroy();
      return;
    }
    const call = {
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: parse(text),
    };
    const { status, body } = answer(request, call);
    if (method !== "GET" && status < 300 && url.pathname !== "/v1/bundles" && strike(faults, "silence")) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };

  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const url = `http://127.0.0.1:${address.port}`;
  signIn.issuer = url;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return { url, tenants, faults, signIn, seen, breaches, close };
}

function breachOf(request: IncomingMessage, user: string | undefined): string | null {
  if (user === undefined) return "no token that is good";
  if (!request.headers["x-request-id"]) return "no X-Request-Id";
  if (request.method !== "GET" && !request.headers["idempotency-key"]) return "no Idempotency-Key";
  if (request.method !== "GET" && request.headers["content-type"] !== "application/json") return "no JSON";
  return null;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
