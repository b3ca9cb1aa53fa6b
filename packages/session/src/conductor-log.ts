import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Json, Recorded, Redactor, RunEvent } from "@baton/core";
import { redactJson } from "@baton/core";

/** The program's name under which the conductor logs. */
export const CONDUCTOR_LOG = "conductor";
/** A log beyond this is set aside as `conductor.log.1`, in place of the one that was there: two of them at the most. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** The conductor's own log in the state folder: JSON lines for people. The truth is the journal; losing a line loses nothing. */
export interface ConductorLog {
  /** One line; never throws and never waits, also where the disk is full. */
  say(message: string, fields?: Readonly<Record<string, Json>>): void;
  /** The line for an event of the run. */
  event(recorded: Recorded): void;
}

/** A log for one run, secrets removed before they are written. */
export function openConductorLog(
  stateDir: string,
  run: string,
  redactor: Redactor,
  limit: number = LIMIT_BYTES,
): ConductorLog {
  const file = join(stateDir, "logs", `${CONDUCTOR_LOG}.log`);
  let waiting: string[] = [];
  // Written at the end of the turn: events that share a commit share a write, and a kill loses none of an earlier turn.
  const write = (): void => {
    const text = waiting.join("");
    waiting = [];
    try {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > limit) renameSync(file, `${file}.1`);
      mkdirSync(join(stateDir, "logs"), { recursive: true, mode: 0o700 });
      appendFileSync(file, text, { mode: 0o600 });
    } catch {
      // a log that cannot be written must not stop a release
    }
  };
  const line = (at: number, message: string, fields: Readonly<Record<string, Json>>): void => {
    const said = {
      at: new Date(at).toISOString(),
      service: CONDUCTOR_LOG,
      pid: process.pid,
      run,
      message,
      ...fields,
    };
    if (waiting.length === 0) queueMicrotask(write);
    waiting.push(`${JSON.stringify(redactJson(said, redactor).value)}\n`);
  };
  return {
    say: (message, fields = {}) => line(Date.now(), message, fields),
    event: ({ at, event }) => line(at, event.type, fieldsOf(event)),
  };
}

/** What of an event belongs into a log. What was there before an effect, and what came of it, may be long and stays in the journal. */
function fieldsOf(event: RunEvent): Readonly<Record<string, Json>> {
  const { type: _type, ...fields } = event;
  const {
    before: _before,
    output: _output,
    units: _units,
    run: _run,
    key: _key,
    ...kept
  } = fields as Record<string, Json>;
  return kept;
}
