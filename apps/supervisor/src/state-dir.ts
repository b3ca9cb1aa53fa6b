import { chmod, open, readFile, realpath, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, noRoomProblem, stateDirProblem } from "@baton/adapters";
import { failed, ok, type Result } from "@baton/core";

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
    return failed(noRoomProblem(stateDir, `${free} MB are free, ${megabytes(needed)} MB are needed`));
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

const megabytes = (bytes: number) => Math.floor(bytes / (1024 * 1024)).toLocaleString("en");
