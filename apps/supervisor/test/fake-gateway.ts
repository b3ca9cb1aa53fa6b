import { createServer, type IncomingMessage } from "node:http";

/**
 * A gateway's admin API without traffic behind it, as a service under a supervisor. `PUT /test/in-flight` sets how many
 * requests a version is answering; all else is the API that Baton speaks.
 */
interface Route {
  readonly weights: Record<string, number>;
  readonly revision: number;
}
const routes = new Map<string, Route>();
/** `KEPT` is what a gateway of old wrote down: `back/1.0.0=http://…`. */
const upstreams = new Map<string, string>(
  (process.env.KEPT ?? "").split(" ").flatMap((line): [string, string][] => {
    const [id = "", url = ""] = line.split("=");
    return url === "" ? [] : [[id, url]];
  }),
);
const inFlight = new Map<string, Record<string, number>>();
const base: Record<string, number> = { "1.0.0": 100 };

interface Body {
  readonly url?: string;
  readonly weights?: Record<string, number>;
  readonly expectedRevision?: number;
  readonly inFlight?: Record<string, number>;
}

function answer(method: string, path: string, body: Body): readonly [number, unknown] {
  const [, area, kind, service = "", name = "", rest] = path.split("/");
  const key = `${service}/${name}`;
  if (area === "test") {
    inFlight.set(key, body.inFlight ?? {});
    return [200, {}];
  }
  if (kind === "upstreams" && method === "GET") {
    const list = [...upstreams].map(([id, url]) => ({
      service: id.split("/")[0],
      version: id.split("/")[1],
      url,
    }));
    return [200, { upstreams: list }];
  }
  if (kind === "upstreams") {
    upstreams.set(key, body.url ?? "");
    return [200, {}];
  }
  const route = routes.get(key) ?? { weights: base, revision: 1 };
  if (rest === "in-flight") return [200, { inFlight: inFlight.get(key) ?? {} }];
  if (method === "PUT") {
    if (body.expectedRevision !== route.revision)
      return [409, { error: { code: "route.revision", message: "moved" } }];
    const missing = Object.keys(body.weights ?? {}).filter(
      (version) => !upstreams.has(`${service}/${version}`),
    );
    if (missing.length > 0) return [422, { error: { code: "route.upstream", message: missing.join(", ") } }];
    routes.set(key, { weights: body.weights ?? {}, revision: route.revision + 1 });
  }
  return [200, { service, tenant: name, ...(routes.get(key) ?? route) }];
}

async function read(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : JSON.parse(text);
}

const admin = createServer(async (request, response) => {
  const allowed = request.headers.authorization === `Bearer ${process.env.ADMIN_TOKEN}`;
  const [status, body] = allowed
    ? answer(request.method ?? "", request.url ?? "", await read(request))
    : [401, {}];
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
admin.listen(Number(process.env.PORT_ADMIN), process.env.HOST);
const health = createServer((_request, response) => response.end("ok"));
health.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => process.exit(0));
