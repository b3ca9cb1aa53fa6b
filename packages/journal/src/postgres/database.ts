import { ok, type Result } from "@baton/core";
import { type ClientConfig, Pool, type PoolClient, TypeOverrides } from "pg";
import { closedProblem, epochProblem, heldProblem, journalProblem, sequenceProblem } from "../problems.ts";

/** A prepared statement: the name makes the server plan it once a connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** The journal's database: every call comes back as a value, and a lost connection is replaced at the next call. */
export interface Database {
  query<Row extends object>(statement: Statement): Promise<Result<readonly Row[]>>;
  /** Runs the work on one connection. What it throws becomes the result, as in `query`. */
  session<T>(work: (client: PoolClient) => Promise<T>): Promise<Result<T>>;
  /** Settings for a further connection of the same kind. Holds the password. */
  readonly config: ClientConfig;
  close(): Promise<void>;
}

/** Opens no connection yet. Fails with `BATON-JOURNAL-UNREACHABLE` on a connection string that is none. */
export function createDatabase(url: string, poolSize: number): Result<Database> {
  const where = describeServer(url);
  if (where === null)
    return journalProblem(
      "BATON-JOURNAL-UNREACHABLE",
      "The connection string of the journal's database is not a postgres:// address.",
      "Set DATABASE_URL to postgres://user:password@host:port/database.",
    );
  const config = clientConfig(url);
  const pool = new Pool({ ...config, max: poolSize });
  pool.on("error", () => undefined); // an idle connection was lost; the pool has dropped it
  let closing: Promise<void> | null = null;

  async function session<T>(work: (client: PoolClient) => Promise<T>): Promise<Result<T>> {
    if (closing !== null) return closedProblem();
    let client: PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      return toProblem(error, where ?? "");
    }
    client.on("error", ignore);
    try {
      const value = await work(client);
      client.removeListener("error", ignore);
      client.release();
      return ok(value);
    } catch (error) {
      client.removeListener("error", ignore);
      // A statement the server refused leaves the connection good; after anything else it is not to be trusted.
      client.release(sqlState(error) === null || isLost(error));
      return toProblem(error, where ?? "");
    }
  }

  return ok({
    config,
    session,
    query: <Row extends object>(statement: Statement) =>
      session(
        async (client) =>
          (await client.query<Row>({ ...statement, values: [...(statement.values ?? [])] })).rows,
      ),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  });
}

const ignore = (): undefined => undefined;

function clientConfig(connectionString: string): ClientConfig {
  const types = new TypeOverrides();
  types.setTypeParser(20, (text: string) => Number(text)); // bigint: positions and milliseconds stay below 2^53
  return {
    connectionString,
    types,
    application_name: "baton journal",
    connectionTimeoutMillis: 5000,
    // A server that takes this long to answer is as good as gone, and a conductor must know before its lease ends.
    query_timeout: 20_000,
    keepAlive: true,
    // The append function looks again after it waited for the lock, which a repeatable-read snapshot would prevent.
    options: "-c default_transaction_isolation=read\\ committed",
  };
}

/** Host and port for messages, without user, password or database; null when the text is no address. */
export function describeServer(url: string): string | null {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) return null;
  const { hostname, port } = new URL(url);
  return `${hostname || "localhost"}:${port || "5432"}`;
}

function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  return /^[0-9A-Z]{5}$/.test(error.code) && "severity" in error ? error.code : null;
}

/** Whether the server itself ends the connection: shutdown, crash, connection exceptions, or no room for us. */
function isLost(error: unknown): boolean {
  return /^(57P|08|53300|25006)/.test(sqlState(error) ?? "");
}

function toProblem(error: unknown, server: string): Result<never> {
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  const known = state?.startsWith("BJ") === true ? ourOwn(state, error) : null;
  if (known !== null) return known;
  if (state === "28P01" || state === "28000")
    return journalProblem(
      "BATON-JOURNAL-LOGIN",
      `The journal's database on ${server} refuses the sign-in.`,
      "Correct the user and the password in DATABASE_URL.",
    );
  if (state === null || isLost(error) || state === "3D000")
    return journalProblem(
      "BATON-JOURNAL-UNREACHABLE",
      `The journal's database on ${server} cannot be reached: ${reason(error)}.`,
      "Check that the server runs and that DATABASE_URL names it. What was under way may or may not have been stored; read before writing again.",
    );
  return journalProblem(
    "BATON-JOURNAL-REFUSED",
    `The journal's database on ${server} refused a statement (SQLSTATE ${state}): ${message}.`,
    state.startsWith("53")
      ? "Free disk space or memory on the database's machine, then go on."
      : "Check the rights of the journal's user, and the server's log.",
  );
}

/** What our own SQL functions raise, with the fields they put into the detail. */
function ourOwn(state: string, error: unknown): Result<never> | null {
  const detail: unknown = JSON.parse(
    error instanceof Error && "detail" in error ? String(error.detail) : "{}",
  );
  const text = (name: string): string =>
    typeof detail === "object" && detail !== null ? String(Reflect.get(detail, name)) : "";
  if (state === "BJ001")
    return sequenceProblem(text("stream"), Number(text("expected")), Number(text("found")));
  if (state === "BJ002") return epochProblem(text("lease"), Number(text("epoch")));
  if (state === "BJ003") return heldProblem(text("lease"), text("owner"), Number(text("expiresAt")));
  return null;
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && typeof error.code === "string" && error.message === "") return error.code;
  return error.message;
}
