import { mkdir, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { failed, ok, type Result } from "@baton/core";

const FOLDERS = ["secrets", "logs", "keys", "workload"] as const;

/** Bytes that must be free: for the first start of PostgreSQL with its data, and for going on with what is there. */
const ROOM_FIRST = 200 * 1024 * 1024;
const ROOM_AGAIN = 32 * 1024 * 1024;
const PROBE = 1024 * 1024;

/**
 * Makes the state folder and shows, before anything is started, that it can be written and has room. `first` says that
 * PostgreSQL's data is still to be made there. Code: `BATON-STATE-UNWRITABLE`.
 */
export async function prepareStateDir(stateDir: string, first: boolean): Promise<Result<void>> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    for (const folder of FOLDERS) await mkdir(join(stateDir, folder), { recursive: true, mode: 0o700 });
    await probe(stateDir);
  } catch (error) {
    return unwritable(stateDir, error);
  }
  const room = await statfs(stateDir).catch(() => null);
  const needed = first ? ROOM_FIRST : ROOM_AGAIN;
  if (room !== null && room.bavail * room.bsize < needed) {
    return full(
      stateDir,
      `${megabytes(room.bavail * room.bsize)} MB are free, ${megabytes(needed)} MB are needed`,
    );
  }
  return ok(undefined);
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

function unwritable(stateDir: string, error: unknown): Result<never> {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT") return full(stateDir, "the disk is full");
  const why =
    code === "EACCES" || code === "EPERM" || code === "EROFS"
      ? "you may not write there"
      : code === "ENOTDIR" || code === "EEXIST"
        ? "a file is in the way of a folder"
        : code || "it cannot be written";
  return failed({
    code: "BATON-STATE-UNWRITABLE",
    message: `The state folder ${stateDir} cannot be used: ${why}.`,
    remedy: "Give the user that runs Baton the right to write there, or name another folder with --state.",
  });
}

function full(stateDir: string, why: string): Result<never> {
  return failed({
    code: "BATON-STATE-UNWRITABLE",
    message: `The state folder ${stateDir} cannot be used: ${why}.`,
    remedy: "Free some room on that disk, or name another folder with --state.",
  });
}

const megabytes = (bytes: number) => Math.floor(bytes / (1024 * 1024)).toLocaleString("en");
