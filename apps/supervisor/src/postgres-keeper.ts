import { join } from "node:path";
import { failed, ok, type Result } from "@baton/core";
import { type EmbeddedServer, startEmbedded } from "@baton/journal";
import { isRunning, markOf, type ProcessMark } from "@baton/journal/embedded/process-mark";
import pg from "pg";
import { externalProblem, orElse } from "./external-problem.ts";
import { delay } from "./health.ts";

/** How PostgreSQL stands; `external` where DATABASE_URL names a server that is not ours to start. */
export interface PostgresState {
  readonly state: "starting" | "running" | "restarting" | "external";
  readonly port: number | null;
  readonly pid: number | null;
  readonly restarts: number;
}

/** The database server of this state folder. */
export interface PostgresKeeper {
  state(): PostgresState;
  /** Connection string with all rights to a database of the server, `postgres` when none is named. A secret. */
  adminUrl(database?: string): string;
  /** Name of Baton's own database there: the one DATABASE_URL names, else `baton`. */
  readonly batonDatabase: string;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  readonly stateDir: string;
  readonly password: string;
  /** The port used before, or the one preferred. */
  readonly port: number;
  readonly log: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
}

const DEFAULT_DATABASE = "baton";

/** A server may hold several Batons: each has the database its DATABASE_URL names. */
function ownDatabase(url: URL): string {
  const named = decodeURIComponent(url.pathname.slice(1));
  return named === "" || named === "postgres" ? DEFAULT_DATABASE : named;
}

const WATCH_MS = 250;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_LONGEST_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The address with its parts; null where it is none, or something in it is not percent-encoded as it should be. */
function readUrl(text: string): URL | null {
  try {
    const url = new URL(text);
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
    return /^postgres(ql)?:$/.test(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/**
 * Uses the server at this address, which this environment variable gave, after it has answered. Codes: `BATON-POSTGRES-UNREACHABLE`, `BATON-POSTGRES-LOGIN`; the
 * password is in no problem.
 */
export async function useExternalPostgres(url: string, variable: string): Promise<Result<PostgresKeeper>> {
  const parsed = readUrl(url);
  if (parsed === null) {
    return failed({
      code: "BATON-POSTGRES-UNREACHABLE",
      message: `${variable} is not a connection string of PostgreSQL.`,
      remedy: `Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE with special characters percent-encoded, or ${orElse(variable)}.`,
    });
  }
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
  } catch (error) {
    return failed(externalProblem(parsed, error, variable));
  } finally {
    await client.end().catch(() => {});
  }
  const port = parsed.port === "" ? 5432 : Number(parsed.port);
  return ok({
    state: () => ({ state: "external", port, pid: null, restarts: 0 }),
    adminUrl: (database = "postgres") => {
      const target = new URL(url);
      target.pathname = `/${encodeURIComponent(database)}`;
      return target.toString();
    },
    batonDatabase: ownDatabase(parsed),
    stop: async () => {},
  });
}

/** Starts the embedded server, or takes over the one that runs, and brings it back when it dies: same port, same data. */
export async function keepEmbeddedPostgres(options: PostgresOptions): Promise<Result<PostgresKeeper>> {
  const stop = new AbortController();
  const start = (port: number) =>
    startEmbedded({
      dataDir: join(options.stateDir, "postgres"),
      logFile: join(options.stateDir, "logs", "postgres.log"),
      password: options.password,
      port,
      signal: stop.signal,
    });
  const first = await start(options.port);
  if (!first.ok) return first;
  let server = first.value;
  let state: PostgresState["state"] = "running";
  let restarts = 0;

  const watch = async (): Promise<void> => {
    let mark = await markOf(server.pid);
    while (!stop.signal.aborted) {
      await delay(WATCH_MS, stop.signal);
      if (stop.signal.aborted || (await lives(mark))) continue;
      state = "restarting";
      options.log("PostgreSQL ended by itself, starting it again", { restarts: restarts + 1 });
      const again = await bringBack(() => start(server.port), stop.signal, options.log);
      if (again === null) return;
      if (again.port !== server.port)
        options.log("PostgreSQL came back on another port", { port: again.port });
      server = again;
      mark = await markOf(server.pid);
      restarts += 1;
      state = "running";
    }
  };
  const watching = watch();
  return ok({
    state: () => ({ state, port: server.port, pid: state === "running" ? server.pid : null, restarts }),
    adminUrl: (database) => server.url(database),
    batonDatabase: DEFAULT_DATABASE,
    async stop() {
      stop.abort();
      await watching;
      await server.stop();
    },
  });
}

const lives = async (mark: ProcessMark | null): Promise<boolean> => mark !== null && (await isRunning(mark));

async function bringBack(
  start: () => Promise<Result<EmbeddedServer>>,
  stop: AbortSignal,
  log: PostgresOptions["log"],
): Promise<EmbeddedServer | null> {
  for (let pause = BACKOFF_FIRST_MS; !stop.aborted; pause = Math.min(pause * 2, BACKOFF_LONGEST_MS)) {
    const started = await start();
    if (started.ok) return started.value;
    log("PostgreSQL did not start", { problems: started.problems.map((problem) => problem.message) });
    await delay(pause, stop);
  }
  return null;
}
