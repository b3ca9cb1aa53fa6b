import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import { ApiError } from "../shared/api-error.ts";
import type { JsonLog } from "../shared/json-log.ts";
import type { Workload } from "./workload.ts";

const MAX_BODY_BYTES = 10_000;
const WindowRequest = z.strictObject({ name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/) });

type Handler = (request: IncomingMessage) => Promise<{ readonly status: number; readonly body: unknown }>;

/** The workload protocol over HTTP, as docs/guides/workload.md tells it. */
export function controlServer(workload: Workload, log: JsonLog): Server {
  const routes = new Map<string, Handler>([
    ["GET /health", async () => health(workload)],
    ["GET /stats", async () => ({ status: 200, body: stats(workload) })],
    ["POST /window", (request) => openWindow(workload, request)],
    ["POST /verify", async () => ({ status: 200, body: await verified(workload) })],
    ["POST /pause", async () => ({ status: 200, body: await paused(workload) })],
    ["POST /resume", async () => ({ status: 200, body: resumed(workload) })],
  ]);
  return createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://workload").pathname;
    const handler = routes.get(`${request.method} ${path}`) ?? absent;
    handler(request)
      .then(({ status, body }) => send(response, status, body))
      .catch((error: unknown) => {
        const known = error instanceof ApiError;
        if (!known) log.error("request failed", { path, reason: String(error) });
        const answer = known
          ? error
          : new ApiError(500, "workload.fault", "The workload failed; its log says how.");
        send(response, answer.status, answer.body());
      });
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function health(workload: Workload): { status: number; body: unknown } {
  if (workload.broken !== null)
    throw new ApiError(503, "workload.ledger", `Traffic has stopped: ${workload.broken}`);
  return workload.ready
    ? { status: 200, body: { status: "ready" } }
    : { status: 503, body: { status: "signing in" } };
}

/** Figures since this process began, but for the acknowledged writes, which the ledger keeps over restarts. */
function stats(workload: Workload): unknown {
  return {
    running: workload.running,
    requests: workload.stats.requests,
    skipped: workload.stats.skipped,
    writes: { acknowledged: workload.acknowledged },
    windows: workload.stats.windows.figures(),
    recentFailures: workload.stats.recentFailures,
  };
}

async function openWindow(
  workload: Workload,
  request: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  const parsed = WindowRequest.safeParse(await readJson(request));
  if (!parsed.success)
    throw new ApiError(
      400,
      "workload.window",
      "Send {name}, 1 to 64 letters, digits, dots, dashes or underscores.",
    );
  if (!workload.stats.windows.open(parsed.data.name))
    throw new ApiError(
      409,
      "workload.windows",
      "There are too many windows already; open one of those again.",
    );
  return { status: 200, body: { window: parsed.data.name } };
}

async function verified(workload: Workload): Promise<unknown> {
  if (!workload.ready && workload.broken === null)
    throw new ApiError(
      503,
      "workload.unready",
      "The users have not signed in yet; ask again when /health says 200.",
    );
  return workload.verify();
}

async function paused(workload: Workload): Promise<unknown> {
  await workload.pause();
  return { running: workload.running };
}

function resumed(workload: Workload): unknown {
  workload.resume();
  return { running: workload.running };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES)
      throw new ApiError(413, "workload.body", "The body is larger than 10,000 bytes.");
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new ApiError(400, "workload.json", "The body is no JSON.");
  }
}

const absent: Handler = async () => {
  throw new ApiError(
    404,
    "workload.absent",
    "There is no such path here; docs/guides/workload.md names them all.",
  );
};
