import type { RunState } from "@baton/core";
import { ExitCode } from "../exit-code.ts";

/** What a command that drove or followed a run exits with, by how the run stands. */
export function exitOfRun(state: RunState): ExitCode {
  if (state.ended === null)
    return state.waiting === null && state.paused === null ? ExitCode.failed : ExitCode.waits;
  switch (state.ended.outcome) {
    case "succeeded":
    case "succeeded-with-parked":
      return ExitCode.done;
    case "needs-operator":
      return ExitCode.needsOperator;
    default:
      return ExitCode.failed;
  }
}
