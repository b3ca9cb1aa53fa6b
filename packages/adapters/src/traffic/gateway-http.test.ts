import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type Instance, ok, type Result } from "@baton/core";
import { afterEach, describe, expect, test } from "vitest";
import { createGatewayTraffic } from "./gateway-http.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A gateway's admin API that keeps upstreams and routes, grants every route, and writes down what was changed. */
async function gateway(first: Readonly<Record<string, string>> = {}) {
  const upstreams = new Map(Object.entries(first));
  const routes = new Map<string, Record<string, number>>();
  const changes: string[] = [];
  const server = createServer({ keepAlive: false }, async (request, response) => {
    const [, , kind, service = "", name = ""] = (request.url ?? "").split("/");
    const body = await read(request);
    response.setHeader("connection", "close");
    if (request.method === "PUT") changes.push(`${kind} ${service} ${name} ${JSON.stringify(body)}`);
    if (kind === "upstreams" && request.method === "PUT") upstreams.set(`${service}@${name}`, body.url ?? "");
    const list = [...upstreams].map(([id, url]) => {
      const [at = "", version = ""] = id.split("@");
      return { service: at, version, url };
    });
    if (kind === "routes" && request.method === "PUT") routes.set(name, body.weights ?? {});
    const route = { service, tenant: name, weights: routes.get(name) ?? {}, revision: 1 };
    response.end(JSON.stringify(kind === "upstreams" ? { upstreams: list } : route));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, upstreams, changes };
}

async function read(
  request: IncomingMessage,
): Promise<{ readonly url?: string; readonly weights?: Record<string, number> }> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : JSON.parse(text);
}

const instance = (service: string, version: string, port: number, state: Instance["state"]): Instance => ({
  id: `${service}@${version}`,
  service,
  version,
  state,
  digest: "",
  pid: null,
  urls: { http: `http://127.0.0.1:${port}` },
  restarts: 0,
});

const traffic = (url: string, instances: readonly Instance[]) =>
  createGatewayTraffic({
    traffic: { adapter: "gateway-http", url, tokenSecret: "token" },
    resolve: { text: async (text) => ok(text) },
    deploy: { instances: async () => ok(instances) },
  });

const codes = (result: Result<unknown>) => (result.ok ? [] : result.problems.map(({ code }) => code));

describe("setting a route", () => {
  const one = instance("api", "1.0.0", 8082, "healthy");

  test.each(["starting", "failed", "stopping"] as const)(
    "P010: a version that is %s gets no share, and nothing is changed",
    async (state) => {
      const at = await gateway();
      const port = traffic(at.url, [one, instance("api", "2.0.0", 8182, state)]);
      const set = await port.setRoute("api", "aster", { "1.0.0": 50, "2.0.0": 50 }, 0);
      expect(codes(set)).toEqual(["BATON-TRAFFIC-UNHEALTHY"]);
      expect(JSON.stringify(set)).toContain(`api@2.0.0 is ${state}`);
      expect(at.changes).toEqual([]);
    },
  );

  test("a version without a share may be unhealthy or gone; one with a share that is gone is named", async () => {
    const at = await gateway();
    const port = traffic(at.url, [one, instance("api", "2.0.0", 8182, "failed")]);
    const weights = { "1.0.0": 100, "2.0.0": 0, "3.0.0": 0 };
    expect(codes(await port.setRoute("api", "aster", weights, 0))).toEqual([]);
    expect(at.upstreams.get("api@1.0.0")).toBe("http://127.0.0.1:8082");
    expect(codes(await port.setRoute("api", "aster", { "3.0.0": 100 }, 1))).toEqual([
      "BATON-TRAFFIC-UPSTREAM",
    ]);
  });
});

describe("leaving a version that broke", () => {
  const up = [instance("api", "1.0.0", 8082, "healthy"), instance("api", "2.0.0", 8182, "healthy")];
  const down = [instance("api", "1.0.0", 8082, "healthy"), instance("api", "2.0.0", 8182, "failed")];

  test("step by step: what keeps or loses a share may be unhealthy or gone, what would get more may not", async () => {
    const at = await gateway();
    const half = { "1.0.0": 50, "2.0.0": 50 };
    expect(codes(await traffic(at.url, up).setRoute("api", "aster", half, 0))).toEqual([]);
    const port = traffic(at.url, down);
    expect(codes(await port.setRoute("api", "aster", { "1.0.0": 49, "2.0.0": 51 }, 1))).toEqual([
      "BATON-TRAFFIC-UNHEALTHY",
    ]);
    expect(codes(await port.setRoute("api", "aster", half, 1))).toEqual([]);
    expect(codes(await port.setRoute("api", "aster", { "1.0.0": 80, "2.0.0": 20 }, 1))).toEqual([]);
    const gone = traffic(at.url, down.slice(0, 1));
    expect(codes(await gone.setRoute("api", "aster", { "1.0.0": 90, "2.0.0": 10 }, 1))).toEqual([]);
    expect(codes(await gone.setRoute("api", "birch", { "1.0.0": 90, "2.0.0": 10 }, 1))).toEqual([
      "BATON-TRAFFIC-UPSTREAM",
    ]);
  });
});

describe("telling the gateway where everything listens", () => {
  test("each version of a service it routes, at its present address; no other service; twice is once", async () => {
    const at = await gateway({ "api@1.0.0": "http://127.0.0.1:8082", "api@2.0.0": "http://127.0.0.1:8182" });
    const port = traffic(at.url, [
      instance("api", "1.0.0", 8082, "healthy"),
      instance("api", "2.0.0", 8183, "starting"),
      instance("identity", "1.0.0", 8090, "healthy"),
    ]);
    expect(codes(await port.syncUpstreams())).toEqual([]);
    const now = [
      ["api@1.0.0", "http://127.0.0.1:8082"],
      ["api@2.0.0", "http://127.0.0.1:8183"],
    ];
    expect([...at.upstreams]).toEqual(now);
    expect(codes(await port.syncUpstreams())).toEqual([]);
    expect([...at.upstreams]).toEqual(now);
  });

  test("a gateway that does not answer, or instances that cannot be known, are problems, not silence", async () => {
    const gone = await gateway();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    expect(codes(await traffic(gone.url, []).syncUpstreams())).toEqual(["BATON-TRAFFIC-UNREACHABLE"]);
    const at = await gateway({ "api@1.0.0": "http://127.0.0.1:8082" });
    const blind = createGatewayTraffic({
      traffic: { adapter: "gateway-http", url: at.url, tokenSecret: "token" },
      resolve: { text: async (text) => ok(text) },
      deploy: {
        instances: async () => ({
          ok: false,
          problems: [{ code: "BATON-SUPERVISOR-UNREACHABLE", message: "", remedy: "" }],
        }),
      },
    });
    expect(codes(await blind.syncUpstreams())).toEqual(["BATON-SUPERVISOR-UNREACHABLE"]);
    expect(at.changes).toEqual([]);
  });
});
