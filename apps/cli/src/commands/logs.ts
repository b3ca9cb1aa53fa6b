import { createRedactor, type Problem } from "@baton/core";
import { knownSecrets, loadDefinition, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderLogLine } from "../render/log.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { followLogs } from "../support/follow-logs.ts";
import { logFile } from "../support/log-files.ts";
import type { LogLine } from "../support/log-line.ts";
import { isMeant, readLogs } from "../support/read-logs.ts";

interface LogsOptions {
  readonly program: string | undefined;
  readonly follow: boolean;
  readonly lines: number;
  readonly run?: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
}

const noLogs = (stateDir: string): Problem => ({
  code: "BATON-LOGS-NONE",
  message: `Nothing was ever logged in ${stateDir}.`,
  remedy: "Start the platform with `npx baton up`, or name its state folder with --state.",
});

/** Lines as they are told: words for people; with --json and --follow a line of JSON each, since there is no last one. */
function tell(lines: readonly LogLine[], widest: number, output: Output): void {
  for (const line of lines) output.lines(renderLogLine(line, widest, output));
}

/**
 * `baton logs`: what supervisor, PostgreSQL, key service, services, workload and conductor logged, merged by time, without
 * secrets. It reads files only, so it works also where nothing runs and where the platform's files are broken.
 */
export async function logs(where: Where, output: Output, options: LogsOptions): Promise<ExitCode> {
  const { stateDir } = where;
  const definition = await loadDefinition(where.platformDir);
  const redactor = createRedactor(await knownSecrets(stateDir, definition.ok ? definition.value : null));
  const query = {
    program: options.program ?? null,
    lines: options.lines,
    since: options.since ?? null,
    run: options.run ?? null,
    wholeLines: options.follow,
  };
  const read = await readLogs(stateDir, query, redactor);
  if (!read.ok) return output.problems(read.problems);
  const { programs, lines, cut, ends } = read.value;
  if (programs.length === 0 && !options.follow) return output.problems([noLogs(stateDir)]);
  const widest = Math.max(8, ...programs.map((program) => program.length));
  const each = options.follow && output.json;
  const show = (more: readonly LogLine[]): void => {
    if (each) for (const line of more) output.result(line);
    else tell(more, widest, output);
  };
  if (!output.json || each) show(lines);
  else output.result({ programs, lines, cut });
  if (!output.json && lines.length === 0 && !options.follow) output.lines("No line of these logs is meant.");
  for (const program of cut) output.note(`Older lines are in ${logFile(stateDir, program)}.`);
  if (!options.follow) return ExitCode.done;
  const stop = stopSignals(() => undefined);
  const wanted = (program: string): boolean => isMeant(program, query.program);
  await followLogs(stateDir, wanted, ends, redactor, show, stop.signal);
  stop.dispose();
  return ExitCode.done;
}
