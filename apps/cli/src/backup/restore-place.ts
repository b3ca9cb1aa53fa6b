import { readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, stateDirProblem, withDatabase } from "@baton/adapters";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { type EmbeddedServer, removeEmbeddedData, startEmbedded } from "@baton/journal";

/** A state folder in the making: it stands aside under another name until all of it is there. */
export interface RestorePlace {
  /** Where files go meanwhile. */
  readonly dir: string;
  /** The server that databases are restored to, started once the files are there. Not called twice. */
  server(): Promise<Result<RestoreServer>>;
  /** Everything is there: the folder takes its name. */
  finish(): Promise<void>;
  /** Something is not: all of it goes again. */
  abandon(): Promise<void>;
}

/** A server with the right to create databases on it. */
export interface RestoreServer {
  /** A secret. */
  readonly admin: string;
  /** Name of Baton's own database there. */
  readonly database: string;
}

/** Opens a place for a new state folder. Code: `BATON-RESTORE-STATE` where something is there already. */
export async function restorePlace(
  stateDir: string,
  databaseUrl: string | undefined,
  signal: AbortSignal,
): Promise<Result<RestorePlace>> {
  const there = await readdir(stateDir).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? [] : null,
  );
  if (there === null || there.length > 0) return failed(notEmpty(stateDir));
  const dir = `${stateDir}.restoring`;
  const data = join(dir, "postgres");
  let server: EmbeddedServer | null = null;
  try {
    await clear(dir, data);
    await makeFolder(dir);
  } catch (error) {
    return failed(stateDirProblem(stateDir, error));
  }
  return ok({
    dir,
    async server() {
      if (databaseUrl !== undefined && databaseUrl !== "") return ok(externalServer(databaseUrl));
      const password = (await readFile(join(dir, "secrets", "baton-postgres"), "utf8")).trim();
      const logFile = join(dir, "logs", "postgres.log");
      const started = await startEmbedded({ dataDir: data, logFile, password, signal });
      if (!started.ok) return started;
      server = started.value;
      return ok({ admin: server.url(), database: "baton" });
    },
    async finish() {
      await server?.stop();
      await rename_(dir, stateDir);
    },
    async abandon() {
      await server?.stop();
      await clear(dir, data);
    },
  });
}

/** A restore that was killed leaves its folder, and may leave a server at work in it. */
async function clear(dir: string, data: string): Promise<void> {
  if ((await readdir(dir).catch(() => [])).some((name) => name.startsWith("postgres"))) {
    // No data was made with this password: the starter ends the server it finds and refuses.
    const found = await startEmbedded({ dataDir: data, logFile: join(dir, "clear.log"), password: "none" });
    if (found.ok) await found.value.stop();
    await removeEmbeddedData(data);
  }
  await rm(dir, { recursive: true, force: true });
}

/** A server that runs as another user may have its data in a folder of its own inside this one; the note says where. */
async function rename_(from: string, to: string): Promise<void> {
  const note = join(from, "postgres.moved");
  const home = await readFile(note, "utf8").catch(() => null);
  if (home?.startsWith(`${from}/`) === true)
    await writeFile(note, to + home.slice(from.length), { mode: 0o600 });
  await rmdir(to).catch(() => undefined);
  await rename(from, to);
}

/** DATABASE_URL's server, and the name that Baton's database has there. */
function externalServer(databaseUrl: string): RestoreServer {
  const named = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  const database = named === "" || named === "postgres" ? "baton" : named;
  return { admin: withDatabase(databaseUrl, "postgres"), database };
}

const notEmpty = (stateDir: string): Problem => ({
  code: "BATON-RESTORE-STATE",
  message: `The state folder ${stateDir} is not empty; nothing is restored over what is there.`,
  remedy: "Name a new folder with --state.",
  where: { file: stateDir },
});
