import { ok } from "@baton/core";
import { halfwayRun, makePlan, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderPlan } from "../render/plan.ts";
import { withSession } from "../session/with-session.ts";

interface PlanOptions {
  readonly release: string;
  /** From what is observed since a run stopped half-way, as `baton run --supersede` would go on. */
  readonly supersede: boolean;
}

/** `baton plan R2`: reads and observes, changes nothing, prints the plan. */
export const plan = (where: Where, output: Output, { release, supersede }: PlanOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const superseded = supersede ? await halfwayRun(session) : ok(null);
    if (!superseded.ok) return output.problems(superseded.problems);
    const made = await makePlan(session, release, superseded.value);
    if (!made.ok) return output.problems(made.problems);
    output.lines(...renderPlan(made.value, { width: output.width, color: output.color }));
    output.result(made.value);
    return ExitCode.done;
  });
