import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Problem } from "@baton/core";

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
  if (code === "ENOSPC" || code === "EDQUOT") return noRoomProblem(stateDir, "the disk is full");
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

/** That the state folder has no room: `BATON-STATE-UNWRITABLE`. */
export const noRoomProblem = (stateDir: string, why: string): Problem => ({
  code: "BATON-STATE-UNWRITABLE",
  message: `The state folder ${stateDir} cannot be used: ${why}.`,
  remedy: "Free some room on that disk, or name another folder with --state.",
});
