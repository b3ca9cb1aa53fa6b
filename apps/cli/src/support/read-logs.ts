import { failed, ok, type Problem, type Redactor, type Result } from "@baton/core";
import { CONDUCTOR_LOG } from "@baton/session";
import { type Aside, asidePath, isUncut, readAside } from "@baton/supervisor";
import {
  type LogPlace,
  logFile,
  loggedPrograms,
  type Piece,
  TAIL_BYTES,
  tailOf,
  unknownProgram,
} from "./log-files.ts";
import { byTime, type LogLine, logLines } from "./log-line.ts";

/** Which lines are wanted. */
export interface LogQuery {
  /** A program, or a service for all its versions; null for all. */
  readonly program: string | null;
  /** At the most so many, the newest; null for all there are. */
  readonly lines: number | null;
  /** None from before this moment, milliseconds since 1970. */
  readonly since: number | null;
  /** Only what was logged from the run's first line in the conductor's log to its last. */
  readonly run: string | null;
  /** Leaves out a last line that is only half written: whoever follows gets it once it is whole. */
  readonly wholeLines: boolean;
}

/** What was found, and which logs are longer than what was read of them. */
export interface LogsRead {
  readonly programs: readonly string[];
  readonly lines: readonly LogLine[];
  readonly cut: readonly string[];
  /** How far each log was read. */
  readonly ends: ReadonlyMap<string, LogPlace>;
}

/** Whether a name stands for a program: its own, or its service's; no name stands for all of them. */
export const isMeant = (program: string, name: string | null): boolean =>
  name === null || program === name || program.startsWith(`${name}@`);

async function programsOf(stateDir: string, name: string | null): Promise<Result<readonly string[]>> {
  const programs = await loggedPrograms(stateDir);
  const meant = programs.filter((program) => isMeant(program, name));
  return name === null || meant.length > 0 ? ok(meant) : failed(unknownProgram(name, stateDir, programs));
}

/** Reads logs from their files, so it needs nothing that runs. Problems: `BATON-LOGS-PROGRAM`, `BATON-LOGS-RUN`. */
export async function readLogs(
  stateDir: string,
  query: LogQuery,
  redactor: Redactor,
): Promise<Result<LogsRead>> {
  const programs = await programsOf(stateDir, query.program);
  if (!programs.ok) return programs;
  const span = query.run === null ? null : await spanOf(stateDir, query.run);
  if (span !== null && !span.ok) return span;
  const all: LogLine[] = [];
  const cut: string[] = [];
  const ends = new Map<string, LogPlace>();
  for (const program of programs.value) {
    const read = await readOne(stateDir, program, redactor, query.wholeLines);
    all.push(...read.lines);
    ends.set(program, read.end);
    if (read.cut) cut.push(program);
  }
  const from = Math.max(query.since ?? 0, span?.value.from ?? 0);
  const to = span?.value.to ?? Number.POSITIVE_INFINITY;
  const bounded = query.since !== null || span !== null;
  const wanted = all.filter(({ at, run }) =>
    at === null
      ? !bounded
      : at >= from && at <= to && (query.run === null || run === null || run === query.run),
  );
  const lines = byTime(wanted);
  return ok({
    programs: programs.value,
    lines: query.lines === null ? lines : lines.slice(Math.max(0, lines.length - query.lines)),
    cut,
    ends,
  });
}

async function readOne(
  stateDir: string,
  program: string,
  redactor: Redactor,
  wholeLines = false,
): Promise<{ lines: readonly LogLine[]; cut: boolean; end: LogPlace }> {
  const { tail, older, aside } = await readBoth(logFile(stateDir, program));
  const half = wholeLines ? (tail?.text.slice(tail.text.lastIndexOf("\n") + 1) ?? "") : "";
  const newest = tail?.text.slice(0, tail.text.length - half.length) ?? "";
  return {
    // As one text: a key in PEM goes over several lines.
    lines: logLines(program, redactor(`${older?.text ?? ""}${newest}`).value),
    cut: (tail?.from ?? 0) > 0 || (older?.from ?? 0) > 0,
    end: { at: (wholeLines ? tail?.whole : tail?.to) ?? 0, aside: aside?.identity ?? null },
  };
}

/** How often a log is read anew that is set aside while it is read. */
const TRIES = 5;

/** The end of a log, and where that is short the end of what was set aside of it: both of one moment. */
async function readBoth(
  file: string,
): Promise<{ tail: Piece | null; older: Piece | null; aside: Aside | null }> {
  for (let tries = 1; ; tries++) {
    const found = await readAside(file);
    const tail = await tailOf(file, TAIL_BYTES);
    const aside = found === null || (await isUncut(file, found)) ? null : found;
    const wanted = aside !== null && (tail === null || tail.from === 0);
    const older = wanted ? await tailOf(asidePath(file), TAIL_BYTES - (tail?.text.length ?? 0)) : null;
    if (tries === TRIES || (await readAside(file))?.identity === found?.identity)
      return { tail, older, aside };
  }
}

/** When the conductor first and last spoke of a run. */
async function spanOf(stateDir: string, run: string): Promise<Result<{ from: number; to: number }>> {
  const { lines } = await readOne(stateDir, CONDUCTOR_LOG, (value) => ({ value, removed: {} }));
  const times = lines.filter((line) => line.run === run && line.at !== null).map(({ at }) => at ?? 0);
  const [first, last] = [times[0], times.at(-1)];
  if (first !== undefined && last !== undefined) return ok({ from: first, to: last });
  return failed(unknownRun(run, [...new Set(lines.flatMap((line) => line.run ?? []))]));
}

const unknownRun = (run: string, known: readonly string[]): Problem => ({
  code: "BATON-LOGS-RUN",
  message: `The conductor's log does not speak of a run ${run}${known.length === 0 ? "" : `; it does of ${known.join(", ")}`}.`,
  remedy:
    "See all runs with `npx baton history`; what is older than the log is in the journal: `npx baton explain --run ID`.",
});
