import type { LoadedRun } from "@baton/conductor";
import { residueOf, summarize } from "@baton/core";

/** A run as `--json` tells it: the summary, and where each step stands. */
export function runFacts(loaded: LoadedRun, now: number): Record<string, unknown> {
  const { index, state } = loaded;
  const residue = residueOf(index, state);
  return { ...summarize(index, state, now), waiting: state.waiting, ended: state.ended, residue };
}
