import type { RequestListener, ServerResponse } from "node:http";
import type { HttpMetrics } from "../../shared/http-metrics.ts";
import { CALLBACK_PATH } from "../../shared/oidc-client.ts";

/**
 * What the gateway answers itself, without a token: health, metrics, and the page to which the identity provider sends
 * people back. That page hands the code to the client, which alone holds the PKCE verifier and exchanges it.
 */
export function ownPages(metrics: HttpMetrics): (...arguments_: Parameters<RequestListener>) => boolean {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://gateway");
    if (request.method !== "GET") return false;
    if (url.pathname === "/health/live" || url.pathname === "/health/ready")
      send(response, 200, { status: "ready" });
    else if (url.pathname === CALLBACK_PATH) callback(url.searchParams, response);
    else if (url.pathname === "/metrics") void exposition(metrics, response);
    else return false;
    return true;
  };
}

function callback(query: URLSearchParams, response: ServerResponse): void {
  response.setHeader("cache-control", "no-store");
  response.setHeader("referrer-policy", "no-referrer");
  const code = query.get("code");
  const message = "The identity provider sent no code.";
  if (code !== null) send(response, 200, { code, state: query.get("state") });
  else
    send(response, 400, {
      error: { code: "auth.callback", message, details: { reason: query.get("error") } },
    });
}

async function exposition(metrics: HttpMetrics, response: ServerResponse): Promise<void> {
  const { text, contentType } = await metrics.render();
  response.writeHead(200, { "content-type": contentType });
  response.end(text);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
