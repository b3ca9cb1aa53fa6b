import { loadDefinition } from "../definition/load.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import type { Where } from "../session/options.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { bringUp } from "../session/up.ts";

/** `baton up`: the platform at its first release, and whatever a run has deployed since. It stays up when we leave. */
export async function up(where: Where, output: Output): Promise<ExitCode> {
  const definition = await loadDefinition(where.platformDir);
  if (!definition.ok) return output.problems(definition.problems);
  const stop = stopSignals(() =>
    output.lines("Stopping; what has started stays up. `npx baton down` stops it."),
  );
  const session = await bringUp(where, definition.value, (line) => output.lines(line), stop.signal);
  stop.dispose();
  if (!session.ok) return output.problems(session.problems);
  const state = await session.value.supervisor.state();
  await session.value.close();
  if (!state.ok) return output.problems(state.problems);
  output.lines("Up. Next: `npx baton plan R2`, `npx baton status`, `npx baton down`.");
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
