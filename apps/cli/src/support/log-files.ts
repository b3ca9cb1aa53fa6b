import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { nearest, type Problem } from "@baton/core";

/** What a look into a log reads of one file at the most, from its end. */
export const TAIL_BYTES = 8 * 1024 * 1024;

/** Programs that have a log in this state folder, in alphabetical order; none where there is no folder. */
export async function loggedPrograms(stateDir: string): Promise<readonly string[]> {
  const names = await readdir(join(stateDir, "logs")).catch(() => []);
  const programs = names.flatMap((name) => /^(.+)\.log(?:\.1)?$/.exec(name)?.[1] ?? []);
  return [...new Set(programs)].sort();
}

/** Where a program logs, and where what was set aside of it is. */
export const logFile = (stateDir: string, program: string): string =>
  join(stateDir, "logs", `${program}.log`);

/** How far a log was read, and what had been set aside of it then. */
export interface LogPlace {
  /** Bytes read, the last whole line included. */
  readonly at: number;
  /** Null where nothing had been, or where the log still held it. */
  readonly aside: string | null;
}

/** A piece of a file: its bytes from `from` to `to` as text. */
export interface Piece {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Where in the file its last whole line ends; `from` where there is none. */
  readonly whole: number;
}

/** The end of a file, whole lines of at most `bytes`; null where there is none. */
export async function tailOf(file: string, bytes: number): Promise<Piece | null> {
  const size = (await stat(file).catch(() => null))?.size;
  if (size === undefined) return null;
  const piece = await pieceOf(file, Math.max(0, size - bytes));
  if (piece === null || piece.from === 0) return piece;
  const whole = piece.text.indexOf("\n") + 1;
  return { ...piece, text: piece.text.slice(whole) };
}

/** All of a file from a byte on, at most `TAIL_BYTES`; null where it cannot be read. */
export async function pieceOf(file: string, from: number, most = TAIL_BYTES): Promise<Piece | null> {
  const opened = await open(file, "r").catch(() => null);
  if (opened === null) return null;
  try {
    const { size } = await opened.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - from, most)));
    const { bytesRead } = await opened.read(buffer, 0, buffer.length, from);
    const read = buffer.subarray(0, bytesRead);
    const whole = from + read.lastIndexOf("\n") + 1;
    return { text: read.toString("utf8"), from, to: from + bytesRead, whole };
  } catch {
    return null;
  } finally {
    await opened.close();
  }
}

/** The program that was named has no log: says which have one. */
export function unknownProgram(name: string, stateDir: string, programs: readonly string[]): Problem {
  const meant = nearest(name, programs);
  return {
    code: "BATON-LOGS-PROGRAM",
    message:
      programs.length === 0
        ? `${join(stateDir, "logs")} holds no log at all.`
        : `No program ${name} has a log in ${join(stateDir, "logs")}; these have: ${programs.join(", ")}.`,
    remedy:
      programs.length === 0
        ? "Start the platform with `npx baton up`, or name its state folder with --state."
        : meant === null
          ? "Name one of these, or none to see all of them."
          : `Did you mean ${meant}? Without a name all of them are shown.`,
  };
}
