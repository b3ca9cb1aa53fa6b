import type { Command } from "../../model/command.ts";
import type { RunEvent } from "../../model/event.ts";
import type { RunState } from "../../model/run-state.ts";
import { stepState, unitState } from "../accessors.ts";
import { cancelCommand } from "./commands.ts";

type Asked = RunState["asked"][number];

/** The fact with which a request takes effect; null while something that it settles is still under way. */
export function askedFact(state: RunState, asked: Asked): RunEvent | null {
  if (asked.kind === "tenant-back")
    return { type: "tenant.rolling-back", tenant: asked.tenant, problem: asked.problem };
  const { step, tenant } = asked;
  if (asked.kind === "retry") return { type: "run.retried", step, tenant };
  if (settledUnderWay(state, asked).length > 0) return null;
  const { how, by, reason } = asked;
  return { type: "step.settled", step: asked.step, tenant, how, by, reason };
}

/** The commands, with those for what a person settled stopped. */
export function withSettled(state: RunState, commands: readonly Command[]): readonly Command[] {
  const [asked] = state.asked;
  if (asked?.kind !== "settle") return commands;
  const units = settledUnderWay(state, asked);
  if (units.length === 0) return commands;
  const others = commands.filter(
    (command) => !("step" in command) || command.step !== asked.step || !units.includes(command.unit),
  );
  const present = stepState(state, asked.step);
  return [
    ...others,
    ...units.map((unit) => cancelCommand(state, asked.step, unit, unitState(present, unit))),
  ];
}

function settledUnderWay(
  state: RunState,
  { step, tenant }: Extract<Asked, { kind: "settle" }>,
): readonly string[] {
  const { underWay } = stepState(state, step);
  return underWay.filter((unit) => tenant === null || unit === tenant).toArray();
}
