import type { Actor, Plan } from "@baton/core";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderPlan } from "../render/plan.ts";
import { renderReport } from "../report/render-report.ts";
import { reportJson } from "../report/report.ts";
import { demoActor, localActor } from "../session/actor.ts";
import { ask } from "../session/ask.ts";
import { conduct } from "../session/conduct.ts";
import { makePlan } from "../session/make-plan.ts";
import { interruptedRun, openApproved } from "../session/open-or-resume.ts";
import type { Session } from "../session/session.ts";
import { startWorkload, type Workload } from "../session/workload.ts";
import { collectReport, wentWell } from "./collect-report.ts";

/** What `baton start` was asked for. */
export interface StartOptions {
  readonly fresh: boolean;
  readonly yes: boolean;
  readonly exit: boolean;
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

/** The run to conduct: the one that was interrupted, or a new one once its plan is approved. A number is an exit code. */
async function chooseRun(
  session: Session,
  output: Output,
  options: StartOptions & { readonly release: string },
  workload: Workload | null,
  signal: AbortSignal,
): Promise<string | ExitCode> {
  const interrupted = await interruptedRun(session, options.release);
  if (!interrupted.ok) return output.problems(interrupted.problems);
  if (interrupted.value) {
    output.lines("", `Going on with ${interrupted.value.run}, which was interrupted.`);
    return interrupted.value.run;
  }
  await workload?.window("before");
  const plan = await makePlan(session, options.release);
  if (!plan.ok) return output.problems(plan.problems);
  output.lines("", ...renderPlan(plan.value, { width: output.width, color: output.color }));
  const by = await approver(output, options, plan.value, signal);
  if (by === null) {
    output.lines("Not approved; nothing was changed.");
    return ExitCode.waits;
  }
  output.lines(
    `Approved by ${by.name} (${by.via}). Watching the users for ${WATCH_MS / 1000} s first, to have something to compare with.`,
  );
  await pause(WATCH_MS, signal);
  if (signal.aborted) return ExitCode.failed;
  const run = await openApproved(session, plan.value, by);
  return run.ok ? run.value : output.problems(run.problems);
}

/** Users to work, plan, approval, run to the hold, report. The exit code says whether all went well. */
export async function demonstrate(
  session: Session,
  output: Output,
  options: StartOptions & { readonly release: string },
  signal: AbortSignal,
  begun: number,
): Promise<ExitCode> {
  sayWhatHappened(session, output);
  const workload = await startWorkload(session, signal);
  if (!workload.ok) return output.problems(workload.problems);
  if (workload.value)
    output.lines("  Users are at work: they sign in, write, read back and list, without retries");
  const run = await chooseRun(session, output, options, workload.value, signal);
  if (typeof run === "number") return run;
  await workload.value?.window("during");
  const planned = performance.now();
  output.lines("");
  const end = await conduct({ session, run, output, workload: workload.value, signal, until: "wait" });
  if (!end.ok) return output.problems(end.problems);
  if (signal.aborted) return ExitCode.failed;
  const conducted = performance.now();
  await workload.value?.window("after");
  await pause(WATCH_MS, signal);
  const report = await collectReport({ session, run, workload: workload.value, measuredRollback: null });
  if (!report.ok) return output.problems(report.problems);
  output.lines("", ...renderReport(report.value, { width: output.width, color: output.color }));
  output.result({
    ...reportJson(report.value),
    conductor: {
      upSeconds: seconds(planned - begun),
      runSeconds: seconds(conducted - planned),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    },
  });
  return wentWell(report.value) ? ExitCode.done : ExitCode.failed;
}

const seconds = (ms: number): number => Math.round(ms) / 1000;

/** What the newcomer should know of this first start: what was generated, which ports moved. */
function sayWhatHappened(session: Session, output: Output): void {
  const { generated, moved } = session.state;
  if (generated.includes("baton-keys-passphrase")) {
    output.lines(
      "  No passphrase was given for the keys: one was generated into .baton/secrets (mode 0600). Keep it with your backups.",
    );
  }
  for (const port of moved)
    output.lines(
      `  Port ${port.wanted} is taken; ${port.name} uses ${port.got}, and all that names it moved along.`,
    );
}
