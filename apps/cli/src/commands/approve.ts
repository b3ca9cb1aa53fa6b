import { join } from "node:path";
import { loadMigration, residueUntil } from "@baton/actions";
import { approveGate, drive, type LoadedRun, loadRun } from "@baton/conductor";
import {
  type Actor,
  approvalRefusal,
  failed,
  mannerOf,
  ok,
  type Plan,
  type PlanStep,
  type Problem,
  parkedTenants,
  type Result,
  renderDuration,
  stepState,
  symbolOf,
  takesOldShape,
  timerSeconds,
} from "@baton/core";
import { driverOf, requireRun, type Session, type Where } from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderBehindHold, stepsBehind } from "../render/behind-hold.ts";
import { parkedWords } from "../render/parked.ts";
import { wrap } from "../render/text.ts";
import { demoActor, localActor } from "../session/actor.ts";
import { ask } from "../session/ask.ts";
import { refused } from "../session/refused.ts";
import { stopSignals } from "../session/stop-signals.ts";
import { withSession } from "../session/with-session.ts";

interface ApproveOptions {
  readonly yes: boolean;
  readonly step?: string;
}

/** The gate that is meant: the one named, else the first that nobody has approved. `BATON-RUN-NO-APPROVAL`. */
function gateOf({ plan, state, run }: LoadedRun, named: string | undefined): Result<PlanStep> {
  const gates = plan.steps.filter((step) => mannerOf(step) === "approval");
  const open = gates.find((step) => stepState(state, step.id).approvedBy === null);
  const gate = named === undefined ? (open ?? gates.at(-1)) : gates.find((step) => step.id === named);
  if (gate !== undefined) return ok(gate);
  const known = gates.map((step) => step.id).join(", ");
  return failed({
    code: "BATON-RUN-NO-APPROVAL",
    message:
      named === undefined
        ? `The plan of ${run} has no approval gate.`
        : `${named} is no approval gate of ${run}.`,
    remedy: known === "" ? "It goes on by itself; see `npx baton status`." : `Name one of: ${known}.`,
    details: { run, step: named ?? null },
  });
}

/** Seconds until all times that run at the hold are over; null where the run is at work elsewhere. */
function bakeLeft({ index, state }: LoadedRun, now: number): number | null {
  if (state.status !== "running" || state.rollback !== null) return null;
  if (![...state.active].every((id) => index.holdSteps.has(id))) return null;
  const ends = [...state.active].flatMap((id) => {
    const step = index.steps.get(id);
    const { startedAt } = stepState(state, id);
    const seconds = step === undefined || mannerOf(step) !== "timer" ? null : timerSeconds(step);
    return seconds === null || startedAt === null ? [] : [startedAt / 1000 + seconds];
  });
  return Math.max(0, ...ends.map((end) => end - now / 1000));
}

/**
 * A time at the hold may have run out while nobody drove: then the run is brought to its gate from here. Nothing but times can
 * end there, so no effect is begun.
 */
async function toGate(
  session: Session,
  loaded: LoadedRun,
  gate: PlanStep,
  signal: AbortSignal,
): Promise<Result<LoadedRun>> {
  const { run, index, state } = loaded;
  const now = await session.journal.now();
  if (!now.ok) return now;
  const refusal = approvalRefusal(index, state, gate.id);
  const pending = stepState(state, gate.id).status === "pending" && index.holdSteps.has(gate.id);
  if (refusal === null || !pending || bakeLeft(loaded, now.value) !== 0) return ok(loaded);
  if ((await driverOf(session, run)) !== null) return ok(loaded);
  const { journal, performers, ports } = session;
  const owner = `approve ${process.pid}`;
  const end = await drive({ journal, run, performers, ports, owner, signal, until: "wait" });
  return end.ok ? loadRun(session.journal, run) : end;
}

/** Why the gate cannot be approved now: it still bakes (`waits`), or there is nothing to approve (`refused`). */
function notNow(loaded: LoadedRun, gate: PlanStep, refusal: Problem, now: number, output: Output): ExitCode {
  const left = bakeLeft(loaded, now);
  const pending = stepState(loaded.state, gate.id).status === "pending";
  if (!pending || left === null || left === 0) {
    output.problems([refusal]);
    return ExitCode.refused;
  }
  output.lines(
    `The hold bakes for ${renderDuration(left)} more; an approval counts from then on. Nothing was changed.`,
  );
  output.result({ run: loaded.run, step: gate.id, approved: false, bakeSecondsLeft: left });
  return ExitCode.waits;
}

/** `baton approve`: says what the approval lets happen and what going back costs then, asks, and lets the run past its gate. */
export const approve = (where: Where, output: Output, options: ApproveOptions): Promise<ExitCode> =>
  withSession(where, output, (session) => approveIn(session, output, options));

/** The same over an open session. */
export async function approveIn(
  session: Session,
  output: Output,
  options: ApproveOptions,
): Promise<ExitCode> {
  const stop = stopSignals(() => undefined);
  try {
    const current = await requireRun(session);
    if (!current.ok) return output.problems(current.problems);
    const gate = gateOf(current.value, options.step);
    if (!gate.ok) return refused(output, gate.problems);
    const loaded = await toGate(session, current.value, gate.value, stop.signal);
    if (!loaded.ok) return output.problems(loaded.problems);
    const now = await session.journal.now();
    if (!now.ok) return output.problems(now.problems);
    const { run, index, state, plan } = loaded.value;
    const refusal = approvalRefusal(index, state, gate.value.id);
    if (refusal !== null) return notNow(loaded.value, gate.value, refusal, now.value, output);
    output.lines(`${run}, ${plan.from} → ${plan.release}, waits at ${gate.value.id}.`);
    output.lines(
      ...renderBehindHold(index, { width: output.width, color: output.color }),
      ...renderLeftOut(loaded.value, output.width),
      ...(await renderExpected(session, plan, output.width)),
    );
    const by = await approver(output, options, gate.value, stop.signal);
    if (by === null) {
      output.lines("Not approved; nothing was changed.");
      return ExitCode.waits;
    }
    const approved = await approveGate({ journal: session.journal, run, step: gate.value.id, by });
    return approved.ok
      ? await tell(session, loaded.value, gate.value, by, output)
      : refused(output, approved.problems);
  } finally {
    stop.dispose();
  }
}

/** Who keeps what stands behind the gate from beginning, and what becomes of the run then. */
function renderLeftOut({ state, plan }: LoadedRun, width: number): readonly string[] {
  const parked = parkedWords(parkedTenants(state));
  if (parked.length === 0) return [];
  const then =
    plan.onParked === "wait"
      ? "What needs every tenant waits for them until they have caught up, see `npx baton explain`."
      : "What needs every tenant is left out while they are parked, and the run ends without it.";
  return [
    ...parked.flatMap((words) => wrap(words, width, "    ", `  ${symbolOf("parked")} `)),
    ...wrap(then, width, "  "),
  ];
}

/** What the contracts behind the gate will leave of the old shape, as their migrations declare it. */
async function renderExpected(session: Session, plan: Plan, width: number): Promise<readonly string[]> {
  const names = plan.steps.filter(takesOldShape).map((step) => String(step.input.migration));
  const lines: string[] = [];
  for (const name of new Set(names)) {
    const path = plan.migrations[name]?.path;
    const found = path === undefined ? null : await loadMigration(join(session.where.platformDir, path));
    if (!found?.ok) {
      lines.push(
        ...wrap(`What ${name} leaves of the old shape is unknown: its folder cannot be read.`, width, "  "),
      );
      continue;
    }
    const { residue } = found.value.manifest;
    if (residue.length > 0) lines.push("What they leave of the old shape, to be measured then:");
    for (const one of residue)
      lines.push(...wrap(`${one.title}: ${residueUntil(one)}`, width, "    ", "  · "));
  }
  return lines;
}

/** Says who approved what, and who goes on with it: nobody needs to keep a process for that. */
async function tell(
  session: Session,
  { run, index, plan }: LoadedRun,
  gate: PlanStep,
  by: Actor,
  output: Output,
): Promise<ExitCode> {
  const drivenBy = await driverOf(session, run);
  output.lines(
    `✓ ${gate.id} approved by ${by.name} (${by.via}).`,
    drivenBy === null
      ? `Nobody drives the run: go on with \`npx baton run ${plan.release}\`.`
      : `${drivenBy} drives the run and goes on.`,
  );
  output.result({
    run,
    step: gate.id,
    approved: true,
    by,
    behind: stepsBehind(index).map((step) => step.id),
    drivenBy,
    next: drivenBy === null ? [`baton run ${plan.release}`] : ["baton watch"],
  });
  return ExitCode.done;
}

async function approver(
  output: Output,
  options: ApproveOptions,
  gate: PlanStep,
  signal: AbortSignal,
): Promise<Actor | null> {
  if (options.yes) return process.stdin.isTTY ? localActor() : { ...demoActor(), name: localActor().name };
  if (!process.stdin.isTTY) {
    output.lines("Nobody is here to say yes. Run it again with --yes.");
    return null;
  }
  return (await ask(`Approve ${gate.id}?`, output.words, signal)) ? localActor() : null;
}
