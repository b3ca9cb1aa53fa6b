import { invite } from "@baton/conductor";
import { type Journal, type Principal, ProblemError, personId, type Right, type Role } from "@baton/core";
import { createPostgresJournal } from "@baton/journal";
import { testDatabase } from "@baton/testkit/postgres";
import Fastify, { type FastifyInstance } from "fastify";
import pg from "pg";
import { access } from "../../src/access/plugin.ts";
import { loggedRequest } from "../../src/access/request-log.ts";
import { type AccessOptions, type Limits, refuse } from "../../src/index.ts";
import { type Browser, browser } from "./browser.ts";
import type { FakeProvider } from "./fake-provider.ts";

export const environment = "local";
/** Long enough, and known to tests alone. */
export const PASSWORD = "correct horse battery";

/** A server with nothing but sign-in, and one route for each right: `/v1/view`, `/v1/operate`, … */
export interface AccessServer {
  readonly url: string;
  readonly app: FastifyInstance;
  readonly journal: Journal;
  readonly pool: pg.Pool;
  /** The code printed at the start; null where there is an administrator. */
  readonly firstCode: string | null;
  /** All that was logged. */
  readonly logs: () => string;
  /** Lets time go by. */
  pass(ms: number): void;
  /** Lets time go by up to a moment, milliseconds since 1970. */
  passTo(at: number): void;
  browser(): Browser;
  /** Starts another one on the same database. */
  again(): Promise<AccessServer>;
  stop(): Promise<void>;
}

interface Options {
  readonly provider?: FakeProvider;
  /** Where people are told to reach it, if not where it listens. */
  readonly publicUrl?: string;
  /** What happens while `/v1/long` is answered. */
  readonly meanwhile?: () => Promise<unknown>;
  readonly limits?: Partial<Limits>;
}

/** Starts it on a port and a database of its own. */
export async function accessServer(options: Options = {}): Promise<AccessServer> {
  const database = await testDatabase("access");
  const opened = await createPostgresJournal({ url: database.url, poolSize: 3 });
  if (!opened.ok) throw new ProblemError(...opened.problems);
  const journal = opened.value;
  const pool = new pg.Pool({ connectionString: database.url, max: 5 });
  pool.on("error", () => undefined);
  const servers: FastifyInstance[] = [];
  // Stands still but for what a test lets go by: no limit hangs on how fast the machine is.
  const time = { now: Date.now() };
  const start = async (): Promise<AccessServer> => {
    const one = await listen(options, journal, pool, () => time.now);
    servers.push(one.app);
    return {
      ...one,
      ...{ journal, pool, again: start },
      pass: (ms) => {
        time.now += ms;
      },
      passTo: (at) => {
        time.now = at;
      },
      browser: () => browser(one.url),
      stop: async () => {
        await Promise.all(servers.map((app) => app.close()));
        await journal.close();
        await pool.end();
        await database.drop();
      },
    };
  };
  return start();
}

async function listen(options: Options, journal: Journal, pool: pg.Pool, now: () => number) {
  const lines: string[] = [];
  const app = Fastify({
    forceCloseConnections: true,
    logger: {
      level: "trace",
      serializers: { req: loggedRequest },
      stream: { write: (line: string) => lines.push(line) },
    },
  });
  let url = "";
  let firstCode: string | null = null;
  const { provider, limits } = options;
  const parts: AccessOptions = {
    ...{ journal, pool, environment, now, publicUrl: () => options.publicUrl ?? url },
    provider: provider === undefined ? null : { ...pick(provider), scopes: ["openid", "profile"] },
    onFirstCode: (code) => {
      firstCode = code;
    },
    ...(limits === undefined ? {} : { limits }),
  };
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
    const problems = error instanceof ProblemError ? error.problems : [];
    const code = problems[0]?.code ?? (error instanceof Error && "code" in error ? String(error.code) : "?");
    return reply.code(status).send({ error: { code, message: String(error), details: { problems } } });
  });
  await app.register(access(parts));
  routes(app, options.meanwhile ?? (async () => undefined));
  const listening = await app.listen({ port: 0, host: "127.0.0.1" });
  url = listening;
  return { url, app, firstCode, logs: () => lines.join("") };
}

const pick = ({ issuer, clientId, clientSecret }: FakeProvider) => ({ issuer, clientId, clientSecret });

function routes(app: FastifyInstance, meanwhile: () => Promise<unknown>): void {
  for (const right of ["view", "operate", "approve", "administer"] as const satisfies Right[]) {
    const handler = async (request: { principal: Principal | null }) => {
      const allowed = await app.authorise(request.principal, right, environment);
      if (!allowed.ok) throw refuse(...allowed.problems);
      return { principal: request.principal };
    };
    app.get(`/v1/${right}`, handler);
    app.post(`/v1/${right}`, handler);
  }
  app.get("/v1/long", async (request) => {
    await meanwhile();
    return { before: request.principal, after: await app.identify(request) };
  });
  app.get("/health", async () => ({ status: "ok" }));
}

/** Signs somebody in with the built-in provider, by a one-time code the first time; gives the last answer. */
export async function signInBuiltIn(
  who: Browser,
  name: string,
  code: string | null = null,
  password: string = PASSWORD,
) {
  const page = await who.open("/auth/login");
  const form = { name, password, ...(code === null ? { form: "password" } : { form: "code", code }) };
  const answer = await who.post(page.url, form);
  const location = answer.headers.get("location");
  return location === null ? answer : who.open(location);
}

/** Who an account of the built-in provider is. */
export const builtIn = (name: string): Principal => ({
  ...{ kind: "person", id: personId("built-in", name), name, via: "built-in", scopes: null },
});

/** A server with the built-in provider where ann is the administrator, and the browser she is signed in with. */
export async function serverOfAnn(
  options: Options = {},
): Promise<{ readonly server: AccessServer; readonly ann: Browser }> {
  const server = await accessServer(options);
  const ann = server.browser();
  await signInBuiltIn(ann, "ann", server.firstCode);
  return { server, ann };
}

/** A one-time code from ann. */
export async function invitation({ journal }: AccessServer, role: Role): Promise<string> {
  const asker = { principal: builtIn("ann") };
  const made = await invite({
    journal,
    environment,
    asker,
    reason: "test",
    name: "x",
    role,
    lastsMs: 60_000,
  });
  if (!made.ok) throw new ProblemError(...made.problems);
  return made.value.code;
}

/** Somebody with a role, signed in with a browser of their own. */
export async function letIn(server: AccessServer, name: string, role: Role): Promise<Browser> {
  const who = server.browser();
  await signInBuiltIn(who, name, await invitation(server, role));
  return who;
}
