import { join } from "node:path";
import { createRedactor, failed, ok, type Problem, type Result } from "@baton/core";
import { knownSecrets, notaryOf, type Session } from "@baton/session";
import type { FastifyInstance } from "fastify";
import pg from "pg";
import { configuredProvider } from "./access/configured-provider.ts";
import { access } from "./access/plugin.ts";
import { publicUrlProblem } from "./access/public-url.ts";
import type { LaunchConductor } from "./live/driver.ts";
import { createServer } from "./server.ts";
import { serverLog } from "./server-log.ts";

export interface ServeOptions {
  /** A platform that is up; whoever opened it closes it behind the server. */
  readonly session: Session;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Where the port is taken by somebody else: take a free one. */
  readonly anyPort: boolean;
  /** Where people reach the server; null: where it listens. */
  readonly publicUrl: string | null;
  readonly launch: LaunchConductor;
  readonly webRoot: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A server at work. */
export interface Serving {
  /** Where people reach it. */
  readonly url: string;
  /** The code that makes whoever signs in with it the first administrator; null where there is one. */
  readonly firstCode: string | null;
  /** Ends streams with a word on when to come back, lets answers under way come to their end, and stops. */
  close(): Promise<void>;
}

const JOURNAL_DATABASE = "${database.baton}";
/** Connections for sessions and keys of requests, beside the journal's own. */
const POOL = 8;

/**
 * Serves the API, sign-in and the web interface over a platform that is up. `BATON-SERVE-PORT` where it cannot listen, and what
 * access and the journal say.
 */
export async function serve(options: ServeOptions): Promise<Result<Serving>> {
  const { session, env } = options;
  const { definition, where, supervisor } = session;
  const { environment, identity } = definition.platform;
  const provider = configuredProvider(identity, env);
  if (!provider.ok) return provider;
  const unsafe =
    options.publicUrl === null ? null : publicUrlProblem(options.publicUrl, provider.value === null);
  if (unsafe !== null) return failed(unsafe);
  const database = await supervisor.resolve(JOURNAL_DATABASE);
  if (!database.ok) return database;
  const pool = new pg.Pool({ connectionString: database.value, max: POOL });
  // A connection that rests and is lost is replaced when the next one is asked for.
  pool.on("error", () => undefined);
  const log = serverLog(join(where.stateDir, "logs", "server.log"));
  const told: { url: string; firstCode: string | null } = { url: "", firstCode: null };
  const server = await createServer({
    session,
    pool,
    access: access({
      ...{ journal: session.journal, pool, environment, provider: provider.value },
      publicUrl: () => told.url,
      onFirstCode: (code) => {
        told.firstCode = code;
      },
    }),
    issuer: provider.value?.issuer ?? null,
    launch: options.launch,
    webRoot: options.webRoot,
    redactor: createRedactor(await knownSecrets(where.stateDir, definition)),
    notary: notaryOf(session, (...lines) => warn(log, lines.join(" "))),
    log,
  });
  const stop = async () => {
    if (server.ok) await server.value.app.close();
    await pool.end();
  };
  if (!server.ok) {
    await stop();
    return server;
  }
  const { app } = server.value;
  // Sign-in asks for the address as soon as it is ready: what is named is known before it listens.
  told.url = options.publicUrl ?? addressOf(options.host, options.port);
  const listening = await listen(app, options);
  if (!listening.ok) {
    await stop();
    return listening;
  }
  if (options.publicUrl === null) told.url = addressOf(options.host, listening.value);
  app.log.info({ url: told.url, pid: process.pid }, "serves");
  return ok({ url: told.url, firstCode: told.firstCode, close: stop });
}

/** A line in the form of the others, at the level of warnings. */
const warn = (log: { write(line: string): void }, msg: string): void =>
  log.write(`${JSON.stringify({ level: 40, time: Date.now(), msg })}\n`);

/** Gives the port. */
async function listen(app: FastifyInstance, { host, port, anyPort }: ServeOptions): Promise<Result<number>> {
  try {
    await app.listen({ host, port });
    return ok(portOf(app));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code !== "EADDRINUSE" || !anyPort) return failed(cannotListen(host, port, code));
  }
  try {
    await app.listen({ host, port: 0 });
    return ok(portOf(app));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return failed(cannotListen(host, 0, code));
  }
}

function portOf(app: FastifyInstance): number {
  const [address] = app.addresses();
  return typeof address === "object" ? address.port : 0;
}

/** What people write into their browser. An address of all interfaces is none of a machine's. */
function addressOf(host: string, port: number): string {
  const name = ["0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

const cannotListen = (host: string, port: number, code: string): Problem => ({
  code: "BATON-SERVE-PORT",
  message:
    code === "EADDRINUSE"
      ? `Port ${port} of ${host} is taken.`
      : `The server cannot listen at ${host}:${port} (${code}).`,
  remedy: "Name another one with --port, or 0 for a free one; another address with --host.",
  details: { host, port },
});
