import { Client } from "pg";

/** Name of the superuser of every embedded server. */
export const superuser = "baton";

/** Connection string to a database of an embedded server. Holds the password: a secret. */
export const serverUrl = (port: number, password: string, database: string): string =>
  `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

/** Tries to sign in. `refused`: the server answered and knows another password. `silent`: it did not answer. */
export async function signIn(port: number, password: string): Promise<"welcome" | "refused" | "silent"> {
  const client = new Client({
    connectionString: serverUrl(port, password, "postgres"),
    connectionTimeoutMillis: 5000,
  });
  client.on("error", () => undefined); // an error of the connection also fails the call under way
  try {
    await client.connect();
    await client.query("select 1");
    return "welcome";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "28P01" || code === "28000" ? "refused" : "silent";
  } finally {
    await client.end().catch(() => undefined);
  }
}
