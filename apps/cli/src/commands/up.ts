import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "@baton/core";
import { loadDefinition, type Where } from "@baton/session";
import { findSupervisor } from "@baton/supervisor";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { startWords } from "../session/start-words.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { takeDown } from "../session/take-down.ts";
import { bringUp } from "../session/up.ts";

/** What was there before this command: a platform at work, one that was stopped, or nothing. */
type Before = "up" | "stopped" | "nothing";

async function lookBefore(stateDir: string): Promise<Before> {
  if ((await findSupervisor(stateDir)) !== null) return "up";
  const known = await stat(join(stateDir, "supervisor-state.json")).catch(() => null);
  return known === null ? "nothing" : "stopped";
}

/**
 * Whether what this command has started goes again after it failed. What ran before is not ours to stop, and a platform that
 * was seeded before serves also while its seed cannot be repeated.
 */
const goesAgain = (before: Before, problems: readonly Problem[]): boolean =>
  before === "nothing" ||
  (before === "stopped" && problems.every(({ code }) => code !== "BATON-SEED-FAILED"));

/** Says why it failed, and leaves nothing half-started, or says what stays up. */
async function failedUp(
  where: Where,
  output: Output,
  before: Before,
  problems: readonly Problem[],
): Promise<ExitCode> {
  if (!goesAgain(before, problems)) {
    output.lines("What is up stays up: look with `npx baton status`, stop it with `npx baton down`.");
    return output.problems(problems);
  }
  const down = await takeDown(where, () => undefined);
  if (!down.ok) return output.problems([...problems, ...down.problems]);
  if (down.value.supervisor !== null) output.lines("Stopped again what had been started.");
  return output.problems(problems);
}

/** `baton up`: the platform at its first release, and whatever a run has deployed since. It stays up when we leave. */
export async function up(where: Where, output: Output): Promise<ExitCode> {
  const definition = await loadDefinition(where.platformDir);
  if (!definition.ok) return output.problems(definition.problems);
  const before = await lookBefore(where.stateDir);
  const stop = stopSignals(() =>
    output.lines("Stopping; what has started stays up. `npx baton down` stops it."),
  );
  const session = await bringUp(where, definition.value, (line) => output.lines(line), stop.signal);
  stop.dispose();
  if (!session.ok) {
    return stop.signal.aborted
      ? output.problems(session.problems)
      : failedUp(where, output, before, session.problems);
  }
  const state = await session.value.supervisor.state();
  await session.value.close();
  if (!state.ok) return output.problems(state.problems);
  output.lines(
    ...startWords(state.value),
    "Up. Next: `npx baton plan R2`, `npx baton status`, `npx baton down`.",
  );
  output.result({
    up: true,
    services: state.value.instances.map(({ id, state: health, urls }) => ({
      id,
      state: health,
      url: urls.http ?? null,
    })),
    moved: state.value.moved,
  });
  return ExitCode.done;
}
