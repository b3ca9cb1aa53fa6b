import { chmod, mkdir, open, readFile, realpath, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failed, ok, type Problem, type Result } from "@baton/core";

const FOLDERS = ["secrets", "logs", "keys", "workload"] as const;

/** Bytes that must be free: for the first start of PostgreSQL with its data, and for going on with what is there. */
const ROOM_FIRST = 200 * 1024 * 1024;
const ROOM_AGAIN = 32 * 1024 * 1024;
const PROBE = 1024 * 1024;

/**
 * Makes the state folder its owner's alone and shows, before anything is started, that it can be written and has room.
 * `first` says that PostgreSQL's data is still to be made there. Code: `BATON-STATE-UNWRITABLE`.
 */
export async function prepareStateDir(stateDir: string, first: boolean): Promise<Result<void>> {
  try {
    await ownFolder(stateDir);
    for (const folder of FOLDERS) await ownFolder(join(stateDir, folder));
    await probe(stateDir);
  } catch (error) {
    return failed(stateDirProblem(stateDir, error));
  }
  const room = await statfs(stateDir).catch(() => null);
  const needed = first ? ROOM_FIRST : ROOM_AGAIN;
  if (room !== null && room.bavail * room.bsize < needed) {
    const free = megabytes(room.bavail * room.bsize);
    return failed(full(stateDir, `${free} MB are free, ${megabytes(needed)} MB are needed`));
  }
  return ok(undefined);
}

/** Makes a folder its owner's alone, or takes from all others the rights to one that is there. */
async function ownFolder(path: string): Promise<void> {
  await makeFolder(path);
  // A server that had to run as another user may have its data in here; it needs to pass, though not to look around.
  const moved = await readFile(join(path, "postgres.moved"), "utf8").catch(() => "");
  const mode = moved.startsWith(`${await realpath(path)}/`) ? 0o711 : 0o700;
  if (((await stat(path)).mode & 0o777) !== mode) await chmod(path, mode);
}

/** Writes to the disk itself, not to a buffer that may turn out to have no room behind it. */
async function probe(stateDir: string): Promise<void> {
  const path = join(stateDir, `probe-${process.pid}`);
  try {
    const file = await open(path, "w", 0o600);
    try {
      await file.writeFile(Buffer.alloc(PROBE, 1));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Makes a folder and those above it. Unlike the recursive mode of mkdir it ends where a file system takes no folders at all
 * (`/proc`): there that one tries for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST" && (await isFolder(path))) return;
    if (code !== "ENOENT" || dirname(path) === path || (await isFolder(dirname(path)))) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => null))?.isDirectory() === true;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/** Why nothing can be written to the state folder, from the error of an attempt: `BATON-STATE-UNWRITABLE`. */
export function stateDirProblem(stateDir: string, error: unknown): Problem {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") return full(stateDir, "the disk is full");
  const inTheWay = code === "ENOTDIR" || code === "EEXIST";
  const why = inTheWay
    ? "a file is in the way of a folder"
    : ["EACCES", "EPERM", "EROFS"].includes(code)
      ? "you may not write there"
      : `it cannot be written${code === "" ? "" : ` (${code})`}`;
  return {
    code: "BATON-STATE-UNWRITABLE",
    message: `The state folder ${stateDir} cannot be used: ${why}.`,
    remedy: inTheWay
      ? "Move that file away, or name another folder with --state."
      : "Give the user that runs Baton the right to write there, or name another folder with --state.",
  };
}

const full = (stateDir: string, why: string): Problem => ({
  code: "BATON-STATE-UNWRITABLE",
  message: `The state folder ${stateDir} cannot be used: ${why}.`,
  remedy: "Free some room on that disk, or name another folder with --state.",
});

const megabytes = (bytes: number) => Math.floor(bytes / (1024 * 1024)).toLocaleString("en");
