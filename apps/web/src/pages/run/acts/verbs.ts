import { type RunSummary, renderDuration } from "@baton/core";
import type { RunAction } from "../../../api/types.ts";
import { rollbackWords } from "../../../frame/run-words.ts";
import type { IconName } from "../../../ui/icon.tsx";

/** What a verb asks of whoever says it, beside the click. */
type Asked = "nothing" | "reason" | "evidence";

/** A verb as pages offer it. */
export interface Verb {
  readonly action: RunAction;
  readonly icon: IconName;
  readonly look: "primary" | "plain" | "danger" | "ghost";
  readonly asks: Asked;
  /** The button's words: what will happen, with figures. */
  readonly words: (run: RunSummary) => string;
  /** The dialog's heading. */
  readonly title: (run: RunSummary) => string;
}

export const VERBS = {
  approve: {
    action: "approve",
    icon: "key",
    look: "primary",
    asks: "nothing",
    words: (run) => `Approve plan ${run.planHash.slice(0, 8)}`,
    title: (run) => `Approve ${run.from} to ${run.release}`,
  },
  "approve-gate": {
    action: "approve-gate",
    icon: "key",
    look: "primary",
    asks: "nothing",
    words: () => "Let it past the hold",
    title: (run) => `Let ${run.release} past its hold`,
  },
  pause: {
    action: "pause",
    icon: "pause",
    look: "plain",
    asks: "reason",
    words: () => "Pause",
    title: (run) => `Pause ${run.from} to ${run.release}`,
  },
  resume: {
    action: "resume",
    icon: "play",
    look: "primary",
    asks: "nothing",
    words: () => "Resume",
    title: (run) => `Resume ${run.from} to ${run.release}`,
  },
  rollback: {
    action: "rollback",
    icon: "back",
    look: "plain",
    asks: "reason",
    words: (run) =>
      run.startedAt === null
        ? "Withdraw it — nothing has begun"
        : `Roll back to ${run.from}${run.rollbackRefusal === null ? ` — ${rollbackWords(run)}` : ""}`,
    title: (run) => `Roll back to ${run.from}`,
  },
  abort: {
    action: "abort",
    icon: "close",
    look: "ghost",
    asks: "reason",
    words: () => "Stop where it is",
    title: (run) => `Stop ${run.from} to ${run.release} where it is`,
  },
  "emergency-stop": {
    action: "emergency-stop",
    icon: "stop",
    look: "danger",
    asks: "reason",
    words: () => "Emergency stop",
    title: (run) => `Emergency stop of ${run.from} to ${run.release}`,
  },
  retry: {
    action: "retry",
    icon: "refresh",
    look: "primary",
    asks: "nothing",
    words: (run) => {
      const count = run.tenants.parked + run.steps.failed;
      return count === 0 ? "Try again" : `Try again what failed (${count})`;
    },
    title: () => "Try again what failed",
  },
  drive: {
    action: "drive",
    icon: "run",
    look: "primary",
    asks: "nothing",
    words: () => "Start a conductor",
    title: () => "Have the run driven",
  },
  skip: {
    action: "skip",
    icon: "right",
    look: "plain",
    asks: "reason",
    words: () => "Skip this step",
    title: () => "Skip a step",
  },
  done: {
    action: "done",
    icon: "key",
    look: "plain",
    asks: "evidence",
    words: () => "Declare it done",
    title: () => "Declare a step done by hand",
  },
  "rollback-tenant": {
    action: "rollback-tenant",
    icon: "back",
    look: "plain",
    asks: "reason",
    words: () => "Take this tenant back",
    title: () => "Take one tenant back",
  },
} as const satisfies Record<string, Verb>;

/** Which verbs a run's strip offers: what leads on first, then the four that are always at hand while it goes on. */
export function verbsFor(run: RunSummary, driven: boolean, gate: boolean): readonly Verb[] {
  const { status } = run;
  if (status === "ended") {
    const open =
      run.outcome === "needs-operator" ||
      run.outcome === "stopped" ||
      run.outcome === "succeeded-with-parked";
    return [
      ...(open ? [VERBS.retry] : []),
      ...(run.rollbackRefusal === null && run.outcome !== "rolled-back" ? [VERBS.rollback] : []),
    ];
  }
  const lead =
    status === "opened" && run.approvedBy === null
      ? [VERBS.approve]
      : gate
        ? [VERBS["approve-gate"]]
        : !driven && run.paused === null
          ? [VERBS.drive]
          : run.tenants.parked > 0 || run.steps.failed > 0
            ? [VERBS.retry]
            : [];
  const back = status === "rolling-back" || run.rollbackRefusal !== null ? [] : [VERBS.rollback];
  return [...lead, run.paused === null ? VERBS.pause : VERBS.resume, ...back, VERBS["emergency-stop"]];
}

/** A duration of a preview in words; unknown with its reason. */
export const previewSeconds = (seconds: number | null): string =>
  seconds === null ? "unknown: no estimate covers it" : `about ${renderDuration(Math.round(seconds))}`;
