import { stat } from "node:fs/promises";
import type { Redactor } from "@baton/core";
import { logFile, loggedPrograms, pieceOf } from "./log-files.ts";
import { byTime, type LogLine, logLines } from "./log-line.ts";

const LOOK_MS = 200;

/** How far one log was read. */
interface Place {
  readonly inode: number;
  /** Bytes read, the last whole line included. */
  readonly at: number;
  readonly time: number | null;
}

/**
 * Tells new lines as they come, behind the bytes that were read before (`ends`); a log that begins later, or begins anew, is
 * told from its beginning. Ends when the signal aborts.
 */
export async function followLogs(
  stateDir: string,
  wanted: (program: string) => boolean,
  ends: ReadonlyMap<string, number>,
  redactor: Redactor,
  tell: (lines: readonly LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const places = new Map<string, Place>();
  for (const [program, at] of ends) {
    const found = await stat(logFile(stateDir, program)).catch(() => null);
    if (found !== null) places.set(program, { inode: found.ino, at, time: null });
  }
  while (!signal.aborted) {
    const fresh: LogLine[] = [];
    for (const program of (await loggedPrograms(stateDir)).filter(wanted))
      fresh.push(...(await freshLines(stateDir, program, places, redactor)));
    if (fresh.length > 0) tell(byTime(fresh));
    await pause(signal);
  }
}

async function freshLines(
  stateDir: string,
  program: string,
  places: Map<string, Place>,
  redactor: Redactor,
): Promise<readonly LogLine[]> {
  const file = logFile(stateDir, program);
  const found = await stat(file).catch(() => null);
  if (found === null) return [];
  const known = places.get(program);
  const same = known !== undefined && known.inode === found.ino && known.at <= found.size;
  const place = same ? known : { inode: found.ino, at: 0, time: null };
  const piece = await pieceOf(file, place.at);
  if (piece === null) return [];
  // A line that is only half written is told when it is whole.
  const whole = piece.text.slice(0, piece.text.lastIndexOf("\n") + 1);
  const lines = logLines(program, redactor(whole).value, place.time ?? Date.now());
  places.set(program, {
    inode: found.ino,
    at: place.at + Buffer.byteLength(whole),
    time: lines.at(-1)?.at ?? place.time,
  });
  return lines;
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, LOOK_MS);
    signal.addEventListener("abort", end, { once: true });
  });
