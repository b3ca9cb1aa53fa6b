import { makePlan, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderPlan } from "../render/plan.ts";
import { withSession } from "../session/with-session.ts";

/** `baton plan R2`: reads and observes, changes nothing, prints the plan. */
export const plan = (where: Where, output: Output, release: string): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const made = await makePlan(session, release);
    if (!made.ok) return output.problems(made.problems);
    output.lines(...renderPlan(made.value, { width: output.width, color: output.color }));
    output.result(made.value);
    return ExitCode.done;
  });
