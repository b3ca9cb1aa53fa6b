import { stat } from "node:fs/promises";
import type { Redactor } from "@baton/core";
import { type Aside, asidePath, isUncut, readAside } from "@baton/supervisor";
import { type LogPlace, logFile, loggedPrograms, pieceOf } from "./log-files.ts";
import { byTime, type LogLine, logLines } from "./log-line.ts";

const LOOK_MS = 200;

interface Place extends LogPlace {
  readonly inode: number;
  readonly time: number | null;
  /** The beginning of a line whose end is still to come, where it was set aside. */
  readonly begun: string;
}

/** How a log begins that was not there before. */
const NEW: Omit<Place, "inode"> = { at: 0, aside: null, time: null, begun: "" };

/**
 * Tells new lines as they come, behind those that were read before (`ends`); a log that begins later is told from its beginning.
 * Over a setting aside nothing is left out and nothing told twice, unless a log is set aside twice between two looks. Ends
 * when the signal aborts.
 */
export async function followLogs(
  stateDir: string,
  wanted: (program: string) => boolean,
  ends: ReadonlyMap<string, LogPlace>,
  redactor: Redactor,
  tell: (lines: readonly LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const places = new Map<string, Place>();
  for (const [program, end] of ends) {
    const found = await stat(logFile(stateDir, program)).catch(() => null);
    places.set(program, { ...NEW, ...end, inode: found?.ino ?? 0 });
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
  const found = await readAside(file);
  const log = await stat(file).catch(() => null);
  const known = places.get(program) ?? { ...NEW, inode: log?.ino ?? 0 };
  const aside = found !== null && found.identity !== known.aside ? await settled(file, found) : null;
  const older = aside === null ? null : await pieceOf(asidePath(file), restFrom(known, aside), aside.size);
  const goesOn = aside === null && log !== null && log.ino === known.inode && log.size >= known.at;
  const newest = await pieceOf(file, goesOn ? known.at : 0);
  // Set aside while it was read: what was read may be of either; the next look tells.
  if ((await readAside(file))?.identity !== found?.identity) return [];
  const before = `${known.begun}${older?.text ?? ""}`;
  const text = `${before}${newest?.text ?? ""}`;
  // A line that is only half written is told when it is whole.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const lines = logLines(program, redactor(whole).value, known.time ?? Date.now());
  places.set(program, {
    inode: log?.ino ?? 0,
    at: newest?.whole ?? 0,
    aside: aside?.identity ?? known.aside,
    time: lines.at(-1)?.at ?? known.time,
    begun: before.slice(whole.length),
  });
  return lines;
}

/** What was set aside, once its log is emptied. */
const settled = async (file: string, aside: Aside): Promise<Aside | null> =>
  (await isUncut(file, aside)) ? null : aside;

/** Where in what was set aside begins what was not read yet. */
const restFrom = (known: Place, { from, header }: Aside): number =>
  known.at < from ? 0 : header + known.at - from;

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
