import { loadRun, requestScope } from "@baton/conductor";
import {
  type Actor,
  indexPlan,
  initialState,
  ok,
  type Problem,
  residueOf,
  ringOf,
  scopeRefusal,
  stepsUpTo,
} from "@baton/core";
import {
  approveOpened,
  backupPlaces,
  checkMovedWorld,
  findWorkload,
  halfwayRun,
  interruptedRun,
  lockConductor,
  makePlan,
  openApproved,
  runFacts,
  type Session,
  type Where,
} from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderPlan } from "../render/plan.ts";
import { renderResidue } from "../render/residue.ts";
import { demoActor, localActor } from "../session/actor.ts";
import { applyRetention } from "../session/apply-retention.ts";
import { ask } from "../session/ask.ts";
import { conduct } from "../session/conduct.ts";
import { exitOfRun } from "../session/exit-of-run.ts";
import { refused } from "../session/refused.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";

interface RunOptions {
  readonly release: string;
  readonly yes: boolean;
  /** Go no further than this ring. */
  readonly ring?: string | undefined;
  /** Go no further than this tenant of its ring. */
  readonly tenant?: string | undefined;
  /** Waits beside whoever drives the open run, and takes over when that one is gone. Opens and approves nothing. */
  readonly standBy: boolean;
  /** Takes the place of the run that stopped half-way, from what is observed. */
  readonly supersede: boolean;
}

const nothingOpen = (release: string): Problem => ({
  code: "BATON-RUN-NONE",
  message: `No run of ${release} is under way, so there is nothing to stand by for.`,
  remedy: `Start one with \`npx baton run ${release}\`.`,
});

/** The run to drive: one that was interrupted, or a new one once somebody has approved its plan. A number is an exit code. */
async function chooseRun(
  session: Session,
  output: Output,
  options: RunOptions,
  signal: AbortSignal,
): Promise<string | ExitCode> {
  const interrupted = await interruptedRun(session, options.release);
  if (!interrupted.ok) return output.problems(interrupted.problems);
  if (options.standBy) return interrupted.value?.run ?? output.problems([nothingOpen(options.release)]);
  if (interrupted.value?.state.approvedBy) {
    const believed = await checkMovedWorld(session, interrupted.value, signal);
    if (!believed.ok) return output.problems(believed.problems);
    output.lines(`Going on with ${interrupted.value.run}.`);
    return interrupted.value.run;
  }
  const superseded = options.supersede && !interrupted.value ? await halfwayRun(session) : ok(null);
  if (!superseded.ok) return output.problems(superseded.problems);
  const plan = interrupted.value
    ? ok(interrupted.value.plan)
    : await makePlan(session, options.release, superseded.value);
  if (!plan.ok) return output.problems(plan.problems);
  const index = indexPlan(plan.value);
  const tooFar = scopeRefusal(index, initialState(index, "-"), extentOf(options));
  if (tooFar !== null) return refused(output, [tooFar]);
  output.lines(...renderPlan(plan.value, { width: output.width, color: output.color }));
  const by = await approver(output, options, signal, plan.value.release, plan.value.hash);
  if (by === null) {
    output.lines("Not approved; nothing was changed.");
    return ExitCode.waits;
  }
  const run = interrupted.value
    ? await approveOpened(session, interrupted.value.run, plan.value, by)
    : await openApproved(session, plan.value, by);
  return run.ok ? run.value : output.problems(run.problems);
}

const extentOf = ({ ring, tenant }: RunOptions) => ({ ring: ring ?? null, tenant: tenant ?? null });

/** Tells the run how far to go, where that is not how far it goes already; an exit code where that was refused. */
async function setScope(
  session: Session,
  output: Output,
  run: string,
  options: RunOptions,
): Promise<ExitCode | null> {
  const { journal } = session;
  const loaded = await loadRun(journal, run);
  if (!loaded.ok) return output.problems(loaded.problems);
  const { index, state } = loaded.value;
  const { ring, tenant } = extentOf(options);
  const meant = ring ?? (tenant === null ? null : ringOf(index, tenant));
  if ((state.scope?.ring ?? null) === meant && (state.scope?.tenant ?? null) === tenant) return null;
  const asked = await requestScope({ journal, run, by: localActor(), ring, tenant });
  if (!asked.ok) return refused(output, asked.problems);
  const upTo = stepsUpTo(index, meant ?? "");
  const phases = index.plan.phases.filter((phase) => phase.steps.some((id) => upTo.has(id)));
  output.lines(
    meant === null
      ? "The run goes the whole way from here."
      : `The run goes as far as ${tenant ?? `ring ${meant}`} and waits there. It takes, in this order: ${phases.map(({ id }) => id).join(", ")}.`,
  );
  return null;
}

/** Who approves: the person at the terminal; null where nobody does. */
async function approver(
  output: Output,
  options: RunOptions,
  signal: AbortSignal,
  release: string,
  hash: string,
): Promise<Actor | null> {
  if (options.yes) return process.stdin.isTTY ? localActor() : { ...demoActor(), name: localActor().name };
  if (!process.stdin.isTTY) return null;
  const yes = await ask(`Approve plan ${hash.slice(0, 8)} and execute ${release}?`, output.words, signal);
  return yes ? localActor() : null;
}

/** A run that is over has proven backups; what could not be looked at stays, is said, and takes nothing from the run. */
async function retain(session: Session, output: Output): Promise<void> {
  const places = backupPlaces(session.where.stateDir, undefined);
  const { problems } = await applyRetention(session, places, output);
  for (const { code, message } of problems) output.lines(`◌ ${code}  ${message}`);
}

/** `baton run R2`: plans, asks, executes; an interrupted run goes on by itself. Exits 4 at a hold, where a person decides. */
export const run = (where: Where, output: Output, options: RunOptions): Promise<ExitCode> =>
  withSession(where, output, async (session) => {
    const slot = options.standBy ? "stand-by" : "conductor";
    const lock = await lockConductor(where.stateDir, `run ${options.release}`, slot);
    if (!lock.ok) return output.problems(lock.problems);
    const stop = stopSignals(() =>
      output.lines("Stopping after the effects under way; the run goes on at the next start."),
    );
    try {
      const chosen = await chooseRun(session, output, options, stop.signal);
      if (typeof chosen === "number") return chosen;
      const tooFar = await setScope(session, output, chosen, options);
      if (tooFar !== null) return tooFar;
      const workload = await findWorkload(session);
      const end = await conduct({
        session,
        run: chosen,
        output,
        workload,
        signal: stop.signal,
        until: "wait",
      });
      if (!end.ok) return output.problems(end.problems);
      const [loaded, now] = [await loadRun(session.journal, chosen), await session.journal.now()];
      if (!loaded.ok) return output.problems(loaded.problems);
      if (!now.ok) return output.problems(now.problems);
      const residue = residueOf(loaded.value.index, loaded.value.state);
      output.lines(...renderResidue(residue, { width: output.width, color: output.color }));
      if (loaded.value.state.ended?.outcome === "succeeded") await retain(session, output);
      output.result(runFacts(loaded.value, now.value));
      return exitOfRun(loaded.value.state);
    } finally {
      stop.dispose();
      await lock.value.release();
    }
  });
