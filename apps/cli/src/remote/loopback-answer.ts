import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Waits on a port of this machine for a browser to bring an answer. */
export interface LoopbackAnswer {
  readonly port: number;
  /** The code that came with this state; null where the signal came first. Anything else that comes is told so and passed over. */
  code(state: string, signal: AbortSignal): Promise<string | null>;
  close(): void;
}

const page = (title: string, words: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · Baton</title></head><body><h1>${title}</h1><p>${words}</p></body></html>\n`;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  connection: "close",
};

/** Listens on 127.0.0.1 and a free port, for one answer. */
export async function loopbackAnswer(): Promise<LoopbackAnswer> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    code: (state, signal) => wait(server, state, signal),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function wait(server: Server, state: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true });
    server.on("request", (request, response) => {
      const url = new URL(request.url ?? "/", "http://127.0.0.1");
      const code = url.searchParams.get("code");
      if (url.pathname !== "/callback" || code === null || url.searchParams.get("state") !== state) {
        response
          .writeHead(400, HEADERS)
          .end(page("Not asked for", "This is not the answer that was waited for."));
        return;
      }
      response
        .writeHead(200, HEADERS)
        .end(page("The command line goes on", "You can close this page."), () => resolve(code));
    });
  });
}
