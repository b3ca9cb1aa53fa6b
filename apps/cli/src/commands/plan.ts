import { loadDefinition } from "../definition/load.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderPlan } from "../render/plan.ts";
import { makePlan } from "../session/make-plan.ts";
import type { Where } from "../session/options.ts";
import { openSession } from "../session/session.ts";

/** `baton plan R2`: reads and observes, changes nothing, prints the plan. */
export async function plan(where: Where, output: Output, release: string): Promise<ExitCode> {
  const definition = await loadDefinition(where.platformDir);
  if (!definition.ok) return output.problems(definition.problems);
  const session = await openSession(where, definition.value);
  if (!session.ok) return output.problems(session.problems);
  const made = await makePlan(session.value, release);
  await session.value.close();
  if (!made.ok) return output.problems(made.problems);
  output.lines(...renderPlan(made.value, { width: output.width, color: output.color }));
  output.result(made.value);
  return ExitCode.done;
}
