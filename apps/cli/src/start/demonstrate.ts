import { loadRun, requestRollback } from "@baton/conductor";
import { type Actor, ok, type Plan, type Result, type RunState } from "@baton/core";
import {
  approveOpened,
  interruptedRun,
  makePlan,
  openApproved,
  REPORT_KEY,
  type Session,
  startWorkload,
  type Workload,
} from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderPlan } from "../render/plan.ts";
import { renderReport } from "../report/render-report.ts";
import { reportJson } from "../report/report.ts";
import { demoActor, localActor } from "../session/actor.ts";
import { ask } from "../session/ask.ts";
import { conduct } from "../session/conduct.ts";
import { startWords } from "../session/start-words.ts";
import { collectReport, wentWell } from "./collect-report.ts";
import { pastRollback } from "./past-rollback.ts";

/** What `baton start` was asked for. */
export interface StartOptions {
  readonly fresh: boolean;
  readonly yes: boolean;
  readonly exit: boolean;
  /** Take the run back once from its hold, to measure it, where that was never done here. */
  readonly drill: boolean;
  readonly release?: string;
}

/** How long users are watched before and after the run, so that there is something to compare with. */
const WATCH_MS = 8_000;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

/** Who approves: the person who is asked; the demo user where nobody can be, which is said first. Null: nobody did. */
async function approver(
  output: Output,
  options: StartOptions,
  plan: Plan,
  signal: AbortSignal,
): Promise<Actor | null> {
  if (!process.stdin.isTTY) return demoActor();
  if (options.yes) return localActor();
  const yes = await ask(
    `Approve plan ${plan.hash.slice(0, 8)} and take ${plan.platform} to ${plan.release}?`,
    output.words,
    signal,
  );
  return yes ? localActor() : null;
}

/** What one demonstration carries from step to step. */
interface Stage {
  readonly session: Session;
  readonly output: Output;
  readonly options: StartOptions & { readonly release: string };
  readonly workload: Workload | null;
  readonly signal: AbortSignal;
  /** The plan somebody has approved here, by its hash: the same plan is not asked for twice. */
  approved: { readonly hash: string; readonly by: Actor } | null;
}

/** The run to conduct: the one that was interrupted, or a new one once its plan is approved. A number is an exit code. */
async function chooseRun(stage: Stage): Promise<string | ExitCode> {
  const { session, output, options, signal } = stage;
  const interrupted = await interruptedRun(session, options.release);
  if (!interrupted.ok) return output.problems(interrupted.problems);
  if (interrupted.value?.state.approvedBy) {
    output.lines("", `Going on with ${interrupted.value.run}, which was interrupted.`);
    return interrupted.value.run;
  }
  const plan = interrupted.value ? ok(interrupted.value.plan) : await makePlan(session, options.release);
  if (!plan.ok) return output.problems(plan.problems);
  if (stage.approved?.hash !== plan.value.hash) {
    output.lines("", ...renderPlan(plan.value, { width: output.width, color: output.color }));
    const by = await approver(output, options, plan.value, signal);
    if (by === null) {
      output.lines("Not approved; nothing was changed.");
      return ExitCode.waits;
    }
    stage.approved = { hash: plan.value.hash, by };
    output.lines(
      `Approved by ${by.name} (${by.via}).`,
      `Watching the users for ${WATCH_MS / 1000} s first, to have something to compare with.`,
    );
    await pause(WATCH_MS, signal);
    if (signal.aborted) return ExitCode.failed;
  }
  const run = interrupted.value
    ? await approveOpened(session, interrupted.value.run, plan.value, stage.approved.by)
    : await openApproved(session, plan.value, stage.approved.by);
  return run.ok ? run.value : output.problems(run.problems);
}

/** Conducts one run until it has ended or waits, in a window of latencies of its own. Null: a signal came. */
async function conductIn(
  stage: Stage,
  run: string,
  window: string,
  until: "wait" | "end",
): Promise<Result<RunState | null>> {
  const { session, output, workload, signal } = stage;
  await workload?.window(window);
  output.lines("");
  const end = await conduct({ session, run, output, workload, signal, until });
  if (!end.ok) return end;
  return ok(signal.aborted ? null : end.value.state);
}

/** A run that stands at its hold, and the measured way back; a number is an exit code. */
interface AtHold {
  readonly run: string;
  readonly measuredRollback: number | null;
  /** Milliseconds from the run's start to the hold. */
  readonly took: number;
}

/**
 * Brings the release to its hold. The first time on this platform it then takes everything back, under the same load, and
 * goes again: so the report's rollback time is a measured one, and the way back was walked before anybody needs it.
 */
async function bringToHold(stage: Stage): Promise<AtHold | ExitCode> {
  const { session, output, options } = stage;
  for (;;) {
    const run = await chooseRun(stage);
    if (typeof run === "number") return run;
    const begun = performance.now();
    const state = await conductIn(stage, run, "during", "wait");
    if (!state.ok) return output.problems(state.problems);
    if (state.value === null) return ExitCode.failed;
    const took = performance.now() - begun;
    if (isDrill(state.value)) continue;
    const holds = await standsAtHold(session, run);
    if (!holds.ok) return output.problems(holds.problems);
    const measured = await pastRollback(session, options.release);
    if (!measured.ok) return output.problems(measured.problems);
    if (!options.drill || measured.value !== null || !holds.value) {
      return { run, measuredRollback: measured.value, took };
    }
    output.lines(
      "",
      "Drill: everything goes back once, under the same load, to measure it; then forward again.",
    );
    const by = stage.approved?.by ?? (process.stdin.isTTY ? localActor() : demoActor());
    const asked = await requestRollback({ journal: session.journal, run, by, reason: DRILL });
    if (!asked.ok) return output.problems(asked.problems);
    const back = await conductIn(stage, run, "rollback", "end");
    if (!back.ok) return output.problems(back.problems);
    if (back.value === null) return ExitCode.failed;
    if (back.value.ended?.outcome !== "rolled-back") return { run, measuredRollback: null, took };
  }
}

/** Whether the run has come to its hold and waits there. */
async function standsAtHold(session: Session, run: string): Promise<Result<boolean>> {
  const loaded = await loadRun(session.journal, run);
  if (!loaded.ok) return loaded;
  const { index, state } = loaded.value;
  return ok(state.ended === null && state.waiting !== null && index.holdSteps.has(state.waiting.step));
}

const DRILL = "drill: the way back, measured before it is needed";
const isDrill = (state: RunState): boolean =>
  state.ended?.outcome === "rolled-back" && state.rollback?.reason === DRILL;

/** Users to work, plan, approval, run to the hold, report. The exit code says whether all went well. */
export async function demonstrate(
  session: Session,
  output: Output,
  options: StartOptions & { readonly release: string },
  signal: AbortSignal,
  begun: number,
): Promise<ExitCode> {
  output.lines(...startWords(session.state).map((words) => `  ${words}`));
  const workload = await startWorkload(session, signal);
  if (!workload.ok) return output.problems(workload.problems);
  if (workload.value)
    output.lines("  Users are at work: they sign in, write, read back and list, without retries");
  const up = performance.now() - begun;
  const held = await bringToHold({
    session,
    output,
    options,
    workload: workload.value,
    signal,
    approved: null,
  });
  if (typeof held === "number") return held;
  await workload.value?.window("after");
  await pause(WATCH_MS, signal);
  if (signal.aborted) return ExitCode.failed;
  const report = await collectReport({ session, workload: workload.value, ...held });
  if (!report.ok) return output.problems(report.problems);
  // For the history. The report is shown all the same where that cannot be kept.
  await session.journal.saveProgress(held.run, REPORT_KEY, reportJson(report.value));
  output.lines("", ...renderReport(report.value, { width: output.width, color: output.color }));
  output.result({
    ...reportJson(report.value),
    conductor: {
      upSeconds: seconds(up),
      runSeconds: seconds(held.took),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    },
  });
  const migrates = Object.keys(findMigrations(session, options.release)).length > 0;
  return wentWell(report.value, migrates) ? ExitCode.done : ExitCode.failed;
}

/** The release's migrations by name; none where there is no such release. */
const findMigrations = (session: Session, release: string) =>
  session.definition.releases.get(release)?.release.migrations ?? {};

const seconds = (ms: number): number => Math.round(ms) / 1000;
