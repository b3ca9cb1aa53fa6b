import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { testDatabase } from "@baton/testkit/postgres";
import { Agent } from "undici";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { call, SECRETS, startPlatform, type TestGateway, type TestPlatform } from "../testing/platform.ts";
import { freePort, until } from "../testing/processes.ts";

let platform: TestPlatform;
let gateway: TestGateway;
let token: string;
const doubles: Double[] = [];

beforeAll(async () => {
  platform = await startPlatform(await testDatabase("gateway"));
  await platform.provision("aster", "birch");
  gateway = await platform.startGateway();
  token = await platform.token("editor@aster");
});

afterEach(() => {
  for (const double of doubles.splice(0)) {
    double.server.closeAllConnections();
    double.server.close();
  }
});

afterAll(() => platform.stop());

/** A service of one version that tells what it was asked beside who it is, and answers when it is let. */
interface Double {
  readonly url: string;
  readonly server: Server;
  readonly seen: IncomingMessage[];
}

async function service(
  version: string | null,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  port = 0,
): Promise<Double> {
  const seen: IncomingMessage[] = [];
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    if (version !== null) response.setHeader("x-service-version", version);
    if (request.url === "/health/live") return void response.end("{}");
    seen.push(request);
    request.resume();
    request.on("end", () => answer(request, response));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const double = { url: `http://127.0.0.1:${address.port}`, server, seen };
  doubles.push(double);
  return double;
}

const admin = (method: string, path: string, body?: unknown) =>
  call(gateway.adminUrl, SECRETS.admin, method, path, body === undefined ? {} : { body });

const ROUTE = "/admin/routes/platform-api/aster";

const setUpstream = async (version: string, url: string): Promise<void> => {
  expect((await admin("PUT", `/admin/upstreams/platform-api/${version}`, { url })).status).toBe(200);
};

const setWeights = async (weights: Record<string, number>): Promise<void> => {
  const { json } = await admin("GET", ROUTE);
  const set = await admin("PUT", ROUTE, { weights, expectedRevision: json.revision });
  expect(set.status).toBe(200);
};

const get = (path = "/v1/prompts", headers: Record<string, string> = {}) =>
  call(gateway.url, token, "GET", path, { headers });

/** Ends a double at once, as a crash would. */
async function stop({ server }: Double): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

const OTHER = [502, { error: { code: "upstream.version" } }];

/** Sends headers as they stand, duplicates included. */
async function raw(headers: readonly string[], path = "/v1/prompts"): Promise<number> {
  const sent = httpRequest(`${gateway.url}${path}`, { method: "GET" });
  const grouped = new Map<string, string[]>();
  for (let n = 0; n < headers.length; n += 2) {
    const [name = "", value = ""] = headers.slice(n, n + 2);
    grouped.set(name, [...(grouped.get(name) ?? []), value]);
  }
  for (const [name, values] of grouped) sent.setHeader(name, values);
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return response.statusCode ?? 0;
}

test("P008: a call through the gateway reaches the service, which gets the ids and puts them into its event", async () => {
  await setWeights({ "1.0.0": 100 });
  const answer = await call(gateway.url, token, "POST", "/v1/bundles", {
    body: { name: "through the gateway" },
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get("x-service-version")).toBe("1.0.0");
  const requestId = answer.headers.get("x-request-id");
  const { rows } = await (await platform.sql("aster")).query(
    "select subject from outbox where envelope->>'correlationId' = $1",
    [requestId],
  );
  expect(rows).toEqual([{ subject: "bundle.created" }]);
});

test("P008: missing headers are made, forged and duplicate ones never get through", async () => {
  const double = await service("8.0.0", (_request, response) => response.end("{}"));
  await setUpstream("8.0.0", double.url);
  await setWeights({ "8.0.0": 100 });
  const authorization = `Bearer ${token}`;
  expect(await raw(["authorization", authorization])).toBe(200);
  const forged = [
    "x-tenant-id",
    "birch",
    "X-Tenant-Id",
    "cedar",
    "x-user-id",
    "root@platform",
    "x-platform-id",
    "evil",
  ];
  const traced = [
    "x-request-id",
    "mine",
    "x-trace-id",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "connection",
    "x-secret",
    "x-secret",
    "1",
  ];
  expect(await raw(["authorization", authorization, ...forged, ...traced])).toBe(200);
  const [plain, attacked] = double.seen.map((request) => request.headersDistinct);
  for (const headers of [plain, attacked])
    expect(headers).toMatchObject({
      "x-tenant-id": ["aster"],
      "x-user-id": ["editor@aster"],
      "x-platform-id": ["dcoder"],
      "x-request-id": [expect.stringMatching(/^[0-9a-f-]{36}$/)],
      "x-trace-id": [expect.stringMatching(/^[0-9a-f]{32}$/)],
    });
  expect(attacked?.["x-trace-id"]).toEqual(["4bf92f3577b34da6a3ce929d0e0e4736"]);
  expect(attacked).not.toHaveProperty("x-secret");
  expect(await raw(["authorization", authorization, "idempotency-key", "a", "idempotency-key", "b"])).toBe(
    400,
  );
  expect(await raw(["authorization", authorization, "authorization", "Bearer other"])).toBe(400);
  expect(double.seen).toHaveLength(2);
});

test("P008: without a valid token nothing is forwarded; unknown paths and too large bodies are refused", async () => {
  const double = await service("8.0.1", (_request, response) => response.end("{}"));
  await setUpstream("8.0.1", double.url);
  await setWeights({ "8.0.1": 100 });
  expect((await fetch(`${gateway.url}/v1/prompts`)).status).toBe(401);
  expect((await call(gateway.url, "nonsense", "GET", "/v1/prompts")).status).toBe(401);
  expect((await get("/v1/elsewhere")).status).toBe(404);
  expect((await get("/admin/routes/platform-api/aster")).status).toBe(404);
  const large = await call(gateway.url, token, "POST", "/v1/prompts", { body: "x".repeat(1_100_000) });
  expect([large.status, large.json]).toMatchObject([413, { error: { code: "request.too-large" } }]);
  expect(double.seen).toHaveLength(0);
});

test("P008: the page people come back to shows the code and is not kept", async () => {
  const answer = await fetch(`${gateway.url}/v1/auth/callback?code=abc&state=s`);
  expect([answer.status, answer.headers.get("cache-control"), await answer.json()]).toEqual([
    200,
    "no-store",
    { code: "abc", state: "s" },
  ]);
  expect((await fetch(`${gateway.url}/v1/auth/callback?error=access_denied`)).status).toBe(400);
});

test("P010: a weight of 10 % of 10,000 requests is within 9 to 11 %, for that tenant only", async () => {
  const double = await service("7.1.0", (_request, response) => response.end("{}"));
  const stable = await service("7.0.0", (_request, response) => response.end("{}"));
  await setUpstream("7.0.0", stable.url);
  await setUpstream("7.1.0", double.url);
  await setWeights({ "7.0.0": 90, "7.1.0": 10 });
  const client = new Agent({ connections: 16, pipelining: 1 });
  let left = 10_000;
  const failures: number[] = [];
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const headers = { authorization: `Bearer ${token}` };
      const answer = await client.request({
        origin: gateway.url,
        path: "/v1/prompts",
        method: "GET",
        headers,
      });
      await answer.body.dump();
      if (answer.statusCode !== 200) failures.push(answer.statusCode);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  await client.close();
  expect(failures).toEqual([]);
  expect(double.seen.length).toBeGreaterThanOrEqual(900);
  expect(double.seen.length).toBeLessThanOrEqual(1100);
  expect(double.seen.length + stable.seen.length).toBe(10_000);
  const other = await platform.token("viewer@birch");
  expect((await call(gateway.url, other, "GET", "/v1/prompts")).headers.get("x-service-version")).toBe(
    "1.0.0",
  );
});

test("P010: switching to and fro under load, and stopping a version once it is drained, loses no request", async () => {
  await setWeights({ "1.0.0": 100 });
  const second = await platform.startApi("r1", { SERVICE_VERSION: "1.1.0" });
  await setUpstream("1.1.0", second.url);
  const bundle = await call(gateway.url, token, "POST", "/v1/bundles", { body: { name: "switching" } });
  let running = true;
  const statuses: number[] = [];
  const work = async (worker: number): Promise<void> => {
    for (let n = 0; running; n += 1) {
      const body = { bundleId: bundle.json.id, name: `w${worker} ${n}`, body: "text" };
      statuses.push((await call(gateway.url, token, "POST", "/v1/prompts", { body })).status);
      statuses.push((await get()).status);
    }
  };
  const workers = Array.from({ length: 6 }, (_, n) => work(n));
  const progress = async (): Promise<void> => {
    const goal = statuses.length + 30;
    await until(async () => statuses.length >= goal);
  };
  for (const weights of [
    { "1.0.0": 50, "1.1.0": 50 },
    { "1.1.0": 100 },
    { "1.0.0": 100 },
    { "1.0.0": 1, "1.1.0": 99 },
  ]) {
    await progress();
    await setWeights(weights);
  }
  await progress();
  await setWeights({ "1.0.0": 100 });
  await until(async () => {
    const { json } = await admin("GET", `${ROUTE}/in-flight`);
    return ((json.inFlight as Record<string, number>)["1.1.0"] ?? 0) === 0;
  });
  expect(await second.stop()).toBe(0);
  await progress();
  running = false;
  await Promise.all(workers);
  expect(statuses.filter((status) => status !== 200 && status !== 201)).toEqual([]);
});

test("P010: in flight counts until the service has answered, also when the client has gone", async () => {
  const held: ServerResponse[] = [];
  const double = await service("6.0.0", (_request, response) => void held.push(response));
  await setUpstream("6.0.0", double.url);
  await setWeights({ "6.0.0": 100 });
  const flights = async () => (await admin("GET", `${ROUTE}/in-flight`)).json.inFlight;
  const patient = get();
  const gone = new AbortController();
  const left = fetch(`${gateway.url}/v1/prompts`, {
    headers: { authorization: `Bearer ${token}` },
    signal: gone.signal,
  }).catch((error: unknown) => error);
  await until(async () => held.length === 2);
  await setWeights({ "1.0.0": 100 });
  gone.abort();
  await left;
  expect((await get()).headers.get("x-service-version")).toBe("1.0.0");
  expect(await flights()).toEqual({ "1.0.0": 0, "6.0.0": 2 });
  for (const response of held) response.end("{}");
  expect((await patient).status).toBe(200);
  await until(async () => JSON.stringify(await flights()) === '{"1.0.0":0}');
});

test("P010: a route is changed by compare-and-set, and only to versions that have an upstream", async () => {
  const { json: before } = await admin("GET", ROUTE);
  const revision = Number(before.revision);
  const change = (weights: Record<string, number>, expectedRevision: number) =>
    admin("PUT", ROUTE, { weights, expectedRevision });
  // A route that was never set is made, one that is there is changed: one of two at the same moment gets through, each time.
  for (const seen of [revision, revision + 1]) {
    const answers = await Promise.all([change({ "1.0.0": 100 }, seen), change({ "1.0.0": 100 }, seen)]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(answers.find((answer) => answer.status === 409)?.json).toMatchObject({
      error: { code: "route.revision" },
    });
  }
  const now = revision + 2;
  expect((await change({ "99.0.0": 100 }, now)).json).toMatchObject({
    error: { code: "route.upstream" },
  });
  expect((await change({ "1.0.0": 60 }, now)).status).toBe(422);
  expect((await change({}, now)).status).toBe(422);
  expect((await admin("GET", ROUTE)).json).toMatchObject({
    service: "platform-api",
    tenant: "aster",
    revision: now,
  });
  expect((await call(gateway.adminUrl, "guess", "GET", ROUTE)).status).toBe(401);
});

test("P010: routes and upstreams survive a restart of the gateway", async () => {
  const double = await service("5.0.0", (_request, response) => response.end("{}"));
  await setUpstream("5.0.0", double.url);
  await setWeights({ "5.0.0": 100 });
  const before = await admin("GET", ROUTE);
  expect(await gateway.stop()).toBe(0);
  gateway = await platform.startGateway();
  expect((await admin("GET", ROUTE)).json).toEqual(before.json);
  expect((await get()).status).toBe(200);
  expect(double.seen).toHaveLength(1);
});

test("a service that is not there is 502, once and without a second try; a lost answer is cut, not made up", async () => {
  const dying = await service("4.0.0", (_request, response) => response.end("{}"));
  await setUpstream("4.0.0", dying.url);
  await setWeights({ "4.0.0": 100 });
  await stop(dying);
  const answer = await get();
  expect([answer.status, answer.json]).toMatchObject([502, { error: { code: "upstream.unreachable" } }]);
  const double = await service("4.1.0", (request) => request.socket.destroy());
  await setUpstream("4.1.0", double.url);
  await setWeights({ "4.1.0": 100 });
  expect((await get()).status).toBe(502);
  expect(double.seen).toHaveLength(1);
  const half = await service("4.2.0", (request, response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("half", () => request.socket.destroy());
  });
  await setUpstream("4.2.0", half.url);
  await setWeights({ "4.2.0": 100 });
  await expect(get()).rejects.toThrow();
  await setWeights({ "1.0.0": 100 });
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toMatch(/gateway_errors_total\{service="platform-api",version="4.1.0"\} 1/);
});

test("a token goes to no program that took the port of a version, whether the gateway was up meanwhile or not", async () => {
  const answers = (_request: IncomingMessage, response: ServerResponse) => response.end("{}");
  const version = await service("3.0.0", answers);
  await setUpstream("3.0.0", version.url);
  await setWeights({ "3.0.0": 100 });
  expect((await get()).status).toBe(200);
  await stop(version);
  const port = Number(new URL(version.url).port);

  const stranger = await service(null, answers, port);
  const refused = await get();
  expect([refused.status, refused.json]).toMatchObject(OTHER);
  expect(await gateway.stop()).toBe(0);
  gateway = await platform.startGateway();
  const again = await get();
  expect([again.status, again.json]).toMatchObject(OTHER);
  await stop(stranger);

  const sibling = await service("3.0.1", answers, port);
  const third = await get();
  expect([third.status, third.json]).toMatchObject(OTHER);
  expect([stranger.seen, sibling.seen]).toEqual([[], []]);
  await stop(sibling);

  const back = await service("3.0.0", answers);
  await setUpstream("3.0.0", back.url);
  expect((await get()).status).toBe(200);
  await setWeights({ "1.0.0": 100 });
});

test("a route to a version whose address another program has is refused; upstreams are told", async () => {
  const stranger = await service(null, (_request, response) => response.end("{}"));
  await setUpstream("2.9.0", stranger.url);
  await setUpstream("2.9.1", `http://127.0.0.1:${await freePort()}`);
  const { json } = await admin("GET", ROUTE);
  for (const [version, reason] of [
    ["2.9.0", "upstream.version"],
    ["2.9.1", "upstream.unreachable"],
  ] as const) {
    const set = await admin("PUT", ROUTE, { weights: { [version]: 100 }, expectedRevision: json.revision });
    expect([set.status, set.json]).toMatchObject([
      422,
      { error: { code: "route.upstream", details: { version, reason } } },
    ]);
  }
  expect((await admin("GET", ROUTE)).json).toEqual(json);
  const { upstreams } = (await admin("GET", "/admin/upstreams")).json;
  expect(upstreams).toContainEqual({ service: "platform-api", version: "2.9.0", url: stranger.url });
  expect(upstreams).toContainEqual({ service: "platform-api", version: "1.0.0", url: platform.api.url });
});

test("a version that broke can be left step by step, and gets nothing more", async () => {
  const broken = await service("2.7.0", (_request, response) => response.end("{}"));
  await setUpstream("2.7.0", broken.url);
  await setWeights({ "2.7.0": 60, "1.0.0": 40 });
  await stop(broken);
  await setWeights({ "2.7.0": 50, "1.0.0": 50 });
  const { json } = await admin("GET", ROUTE);
  const more = await admin("PUT", ROUTE, {
    weights: { "2.7.0": 51, "1.0.0": 49 },
    expectedRevision: json.revision,
  });
  expect([more.status, more.json]).toMatchObject([422, { error: { code: "route.upstream" } }]);
  await setWeights({ "1.0.0": 100 });
});

test("an answer in another version's name is withheld; one in no name passes when the version vouches for it", async () => {
  const double = await service("2.8.0", (request, response) => {
    if (request.url === "/v1/prompts/other") response.setHeader("x-service-version", "2.8.1");
    else response.removeHeader("x-service-version");
    response.end("{}");
  });
  await setUpstream("2.8.0", double.url);
  await setWeights({ "2.8.0": 100 });
  const other = await get("/v1/prompts/other");
  expect([other.status, other.json]).toMatchObject(OTHER);
  expect((await get("/v1/prompts/none")).status).toBe(200);
  await setWeights({ "1.0.0": 100 });
  // A malformed request is answered before the service's own code is reached.
  expect((await get("/v1/prompts/%ZZ")).status).toBe(400);
});
