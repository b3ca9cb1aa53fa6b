import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import { isUnderWay, stepState, unitState } from "../accessors.ts";
import { cancelCommand } from "./commands.ts";

/** Undos of tenants that go back alone whose intent is journaled and whose outcome is not final. */
export function undosUnderWay(state: RunState): readonly { readonly step: string; readonly unit: string }[] {
  return [...state.goingBack].flatMap(([unit, { step }]) =>
    step !== null && isUnderWay(unitState(stepState(state, step), unit)) ? [{ step, unit }] : [],
  );
}

/** Stops the undos of tenants that go back alone: the whole run turns round, and undoes them in its own order. */
export const stopUndos = (state: RunState): readonly Command[] =>
  undosUnderWay(state).map(({ step, unit }) =>
    cancelCommand(state, step, unit, unitState(stepState(state, step), unit)),
  );

/** The commands, with what is under way forward for tenants that go back alone stopped. */
export function withoutTurned(state: RunState, commands: readonly Command[]): readonly Command[] {
  if (state.goingBack.isEmpty()) return commands;
  return commands.map((command) =>
    command.kind === "perform" && command.direction === "do" && state.goingBack.has(command.unit)
      ? cancelCommand(
          state,
          command.step,
          command.unit,
          unitState(stepState(state, command.step), command.unit),
        )
      : command,
  );
}

/** The end of a run of which nothing is left but tenants that could not be taken back; null while any is on its way. */
export function stuckTenants(state: RunState): RunEvent | null {
  const reasons: string[] = [];
  for (const [tenant, { step }] of state.goingBack) {
    const present = step === null ? null : stepState(state, step);
    if (present?.spent.has(tenant) !== true) return null;
    const { problem } = unitState(present, tenant);
    reasons.push(`${tenant} at ${step}: ${problem?.code ?? ""} ${problem?.message ?? ""}`);
  }
  const [tenant] = state.goingBack.keys();
  return {
    type: "run.ended",
    outcome: "needs-operator",
    reason: `A tenant could not be taken back: ${reasons.join("; ")}`,
    next: ["baton explain", `baton rollback --tenant ${tenant ?? ""}`, "baton rollback"],
  };
}
