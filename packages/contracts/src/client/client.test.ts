import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { errorBody } from "../shapes/problem.ts";
import { createClient } from "./client.ts";
import { readMessages } from "./read-messages.ts";

let close = async (): Promise<void> => undefined;
afterEach(() => close());

/** A server that answers as told; what a client does about it is what is tested. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  close = () =>
    new Promise((closed) => {
      server.closeAllConnections();
      server.close(() => closed());
    });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const run = { environment: "local", run: "r2/1" };

test("a call fills path and query in, sends its key and body, and gives the answer back", async () => {
  const seen: unknown[] = [];
  const baseUrl = await serve((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, body, key: headers["idempotency-key"], token: headers.authorization });
      response.setHeader("content-type", "application/json").end('{"items":[],"nextCursor":null}');
    });
  });
  const client = createClient({ baseUrl, headers: () => ({ authorization: "Bearer x" }) });
  const listed = await client.listRunEvents({ params: run, query: { limit: 5, step: "a b" } });
  expect(listed).toEqual({ ok: true, value: { items: [], nextCursor: null } });
  await client.pauseRun({ params: run, body: { reason: "look" } }, { idempotencyKey: "k1" });
  expect(seen).toEqual([
    {
      method: "GET",
      url: "/v1/environments/local/runs/r2%2F1/events?limit=5&step=a+b",
      body: "",
      token: "Bearer x",
    },
    {
      method: "POST",
      url: "/v1/environments/local/runs/r2%2F1/pause",
      body: '{"reason":"look"}',
      key: "k1",
      token: "Bearer x",
    },
  ]);
});

test("what the server says is wrong comes back as problems, and what is no answer of it as one", async () => {
  const problems = [
    { code: "BATON-RUN-PAUSED" as const, message: "It is paused.", remedy: "Resume it." },
    { code: "BATON-RUN-ENDED" as const, message: "It ended.", remedy: "Look." },
  ];
  let answer = { status: 409, body: JSON.stringify(errorBody(problems)) };
  const baseUrl = await serve((_, response) => {
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
  const client = createClient({ baseUrl });
  expect(await client.getRun({ params: run })).toEqual({ ok: false, problems });
  answer = { status: 502, body: "<h1>Bad gateway</h1>" };
  const between = await client.getRun({ params: run });
  expect(between.ok ? [] : between.problems.map(({ code }) => code)).toEqual(["BATON-API-UNREACHABLE"]);
  await close();
  close = async () => undefined;
  const gone = await client.getRun({ params: run });
  expect(gone.ok ? [] : gone.problems.map(({ code }) => code)).toEqual(["BATON-API-UNREACHABLE"]);
});

test("a stream that breaks off is taken up behind its last event, and ends where nobody is let in", async () => {
  const asked: (string | undefined)[] = [];
  const baseUrl = await serve((request, response) => {
    asked.push(request.headers["last-event-id"]?.toString());
    if (asked.length === 3) {
      const refusal = { code: "BATON-ACCESS-SIGN-IN" as const, message: "Nobody.", remedy: "Sign in." };
      response.writeHead(401).end(JSON.stringify(errorBody([refusal])));
      return;
    }
    const from = (asked.length - 1) * 2;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("retry: 1\n\n: still here\n\n");
    for (const id of [from + 1, from + 2])
      response.write(`id: ${id}\nevent: step.started\ndata: {"n":${id}}\n\n`);
    response.end();
  });
  const client = createClient({ baseUrl });
  const got: unknown[] = [];
  const { signal } = new AbortController();
  for await (const { id, data } of client.follow("streamRun", { params: run }, { signal }))
    got.push([id, data]);
  expect(got).toEqual([1, 2, 3, 4].map((n) => [String(n), { n }]));
  expect(asked).toEqual([undefined, "2", "4"]);
});

test("messages are the same wherever their bytes are cut", async () => {
  const written = 'retry: 7\n\nid: 1\nevent: a\ndata: {"t":"ä\\n"}\n\n: beat\n\ndata: one\ndata: two\n\n';
  const bytes = new TextEncoder().encode(written);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((end, at) => bytes.slice(edges[at], end));
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const next = chunks.shift();
          if (next === undefined) controller.close();
          else controller.enqueue(next);
        },
      });
      const got = [];
      for await (const { id, event, data, retry } of readMessages(body)) got.push([id, event, data, retry]);
      expect(got).toEqual([
        [null, "message", "", 7],
        ["1", "a", '{"t":"ä\\n"}', null],
        [null, "message", "", null],
        [null, "message", "one\ntwo", null],
      ]);
    }),
  );
});
