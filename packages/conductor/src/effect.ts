import {
  type ActionContext,
  failed,
  fillTemplates,
  type Json,
  ok,
  type Performer,
  type PlanIndex,
  type PlanStep,
  type Ports,
  type Problem,
  type Redactor,
  type Result,
  type RunEvent,
  stillWanted,
  type Tenant,
} from "@baton/core";
import type { Clock } from "./clock.ts";
import type { Flight } from "./flights.ts";
import { journaledJson, journaledProblem, threw } from "./journaled-json.ts";
import type { Ledger } from "./ledger.ts";
import { deadlineOf, pastDeadline, type Unfenced } from "./unfenced.ts";

/** What carrying out an effect needs of the conductor. */
export interface Rim {
  readonly index: PlanIndex;
  readonly run: string;
  readonly performers: ReadonlyMap<string, Performer>;
  readonly ports: Ports;
  readonly epoch: number;
  readonly ledger: Pick<Ledger, "append" | "state">;
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly unfenced: Unfenced;
  readonly clock: Clock;
  /** Whether an effect may begin in this very moment: the lease is alive and nobody asked to stop. */
  readonly mayAct: () => boolean;
  /** Whether effects were aborted because this process ends. What fails then says nothing about the effect. */
  readonly leaving: () => boolean;
  readonly progress: (key: string, figures: Readonly<Record<string, number>>) => void;
  /** Takes secrets out of what failed effects say, before it is journaled. */
  readonly redactor: Redactor;
}

/** An effect with everything it is done with. */
interface Task {
  readonly rim: Rim;
  readonly flight: Flight;
  readonly performer: Performer;
  readonly input: Json;
  readonly context: ActionContext;
  /** How long one try may be at work, milliseconds; null unless the effect is unfenced. */
  readonly deadlineMs: number | null;
}

/**
 * Carries out one command from its intent to its outcome. The intent is journaled ahead of the effect, and nothing is done
 * where that fails; the outcome is journaled after. Never rejects.
 */
export async function carryOut(flight: Flight, rim: Rim): Promise<void> {
  const { command } = flight;
  const step = rim.index.steps.get(command.step);
  const performer = step && rim.performers.get(step.kind);
  if (step === undefined || performer === undefined)
    return fail(rim, flight, [noPerformer(step?.kind ?? "")]);
  const input = step.fanOut ? fillTemplates(step.input, { tenant: command.unit }) : step.input;
  const deadlineMs = deadlineOf(step, performer, input);
  const task: Task = { rim, flight, performer, input, context: contextOf(rim, flight, step), deadlineMs };
  await (command.direction === "do" ? forward(task) : backward(task, refusesLate(step)));
}

async function forward(task: Task): Promise<void> {
  const { rim, flight, performer, input, context } = task;
  const { command } = flight;
  let before = command.before;
  if (!command.intended) {
    const problems = await guarded(async () => ok(await performer.check(input, context)));
    if (!problems.ok) return fail(rim, flight, problems.problems);
    if (problems.value.length > 0) return fail(rim, flight, problems.value);
    const found = await guarded(() => performer.before(input, context));
    if (!found.ok) return fail(rim, flight, found.problems);
    before = journaledJson(found.value);
    if (!(await intend(task, before))) return;
  } else if (!(await aloneAtWork(task))) return;
  // No await between this question and the effect's first step: what was true a moment ago may be over.
  if (!mayBegin(rim, flight)) return interrupted(rim, flight);
  await conclude(
    rim,
    flight,
    await inTime(task, (own) => performer.perform(input, before, command.key, own)),
  );
}

/**
 * Whether the target refuses an effect that comes too late, once a newer conductor has touched it: by the epoch, or by what it
 * compares. Only then is there something for an undo to do where nothing is seen.
 */
const refusesLate = (step: PlanStep): boolean =>
  step.effect === "fenced" || step.effect === "compare-and-set";

/** `always`: an effect not seen yet may be under way in a conductor that stood still; the undo shuts it out. */
async function backward(task: Task, always: boolean): Promise<void> {
  const { rim, flight, performer, input, context } = task;
  const { command } = flight;
  // Before the intent, which would make the effect one of this conductor's own.
  if (!(await aloneAtWork(task))) return;
  if (!command.intended && !(await intend(task, null))) return;
  if (!mayBegin(rim, flight)) return interrupted(rim, flight);
  const seen = await guarded(async () => ok(await performer.observe(input, command.before, context)));
  if (!seen.ok) return fail(rim, flight, seen.problems);
  if (seen.value.state === "unknown")
    return fail(rim, flight, [unknown(command.step, command.unit, seen.value.detail)]);
  if (seen.value.state === "absent" && !always) return conclude(rim, flight, ok(null));
  if (!mayBegin(rim, flight)) return interrupted(rim, flight);
  const { before, output, key } = command;
  await conclude(rim, flight, await inTime(task, (own) => performer.undo(input, before, output, key, own)));
}

/** Lets go by what a predecessor may still have at work; false where that cannot be known, which is then journaled. */
async function aloneAtWork({ rim, flight, deadlineMs }: Task): Promise<boolean> {
  if (deadlineMs === null) return true;
  const { step, unit } = flight.command;
  const alone = await rim.unfenced.waitOut(step, unit, flight.controller.signal);
  if (!alone.ok) await fail(rim, flight, alone.problems);
  return alone.ok;
}

/** Does it under a signal that aborts at the deadline too, where the effect has one. */
async function inTime(
  { rim, flight, context, deadlineMs }: Task,
  act: (context: ActionContext) => Promise<Result<Json>>,
): Promise<Result<Json>> {
  if (deadlineMs === null) return guarded(() => act(context));
  const late = new AbortController();
  const cancel = rim.clock.after(deadlineMs, () => late.abort());
  const signal = AbortSignal.any([context.signal, late.signal]);
  const result = await guarded(() => act({ ...context, signal }));
  cancel();
  const { step, unit } = flight.command;
  return late.signal.aborted && !result.ok ? failed(pastDeadline(named(step, unit), deadlineMs)) : result;
}

/** Journals the intent; false where the effect must not begin, because it could not be journaled or is not wanted any more. */
async function intend({ rim, flight, deadlineMs }: Task, before: Json): Promise<boolean> {
  const { key, step, unit, direction } = flight.command;
  const deadline = deadlineMs === null ? {} : { deadlineMs };
  const intent: RunEvent = { type: "effect.intended", key, step, unit, direction, before, ...deadline };
  const journaled = await rim.ledger.append(
    [intent],
    (state) => mayBegin(rim, flight) && stillWanted(rim.index, state, flight.command),
  );
  const intended = journaled.ok && journaled.value === "journaled";
  if (intended) rim.unfenced.intendedHere(step, unit);
  return intended;
}

const mayBegin = (rim: Rim, flight: Flight): boolean => !flight.controller.signal.aborted && rim.mayAct();

/** Not begun, but intended. Where this process ends, its successor goes on from the intent. */
const interrupted = (rim: Rim, flight: Flight): Promise<void> =>
  flight.cancelled ? fail(rim, flight, [cancelled(flight)]) : Promise.resolve();

async function conclude(rim: Rim, flight: Flight, result: Result<Json>): Promise<void> {
  if (!result.ok) return fail(rim, flight, result.problems);
  const { key, step, unit } = flight.command;
  await rim.ledger.append([{ type: "effect.done", key, step, unit, output: journaledJson(result.value) }]);
}

async function fail(rim: Rim, flight: Flight, problems: readonly Problem[]): Promise<void> {
  // Aborted because this process ends: no try was wasted, the successor repeats it.
  if (rim.leaving() && flight.controller.signal.aborted && !flight.cancelled) return;
  const { key, step, unit, attempt, intended } = flight.command;
  const event: RunEvent = {
    type: "effect.failed",
    key,
    step,
    unit,
    attempt,
    problem: journaledProblem(problems, rim.redactor),
    final: flight.cancelled,
  };
  // A try that failed before its intent counts only while the run still wants the effect.
  await rim.ledger.append([event], (state) => {
    const present = state.steps.get(step)?.units.get(unit);
    return intended || present?.intended === true || stillWanted(rim.index, state, flight.command);
  });
}

/** Records that an effect which nobody has in hand was stopped: nothing of it is under way. */
export async function recordCancelled(
  rim: Pick<Rim, "ledger">,
  command: { readonly key: string; readonly step: string; readonly unit: string; readonly attempt: number },
): Promise<void> {
  const { key, step, unit, attempt } = command;
  const problem = stopped(step, unit);
  await rim.ledger.append(
    [{ type: "effect.failed", key, step, unit, attempt, problem, final: true }],
    (state) => state.steps.get(step)?.underWay.has(unit) === true,
  );
}

/** What an action promised to return as a value and threw becomes a value. */
async function guarded<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await act();
  } catch (error) {
    return failed(threw(error));
  }
}

function contextOf(rim: Rim, flight: Flight, step: PlanStep): ActionContext {
  const { key, unit } = flight.command;
  return {
    ports: rim.ports,
    plan: rim.index.plan,
    run: rim.run,
    step: step.id,
    tenant: step.fanOut ? (rim.tenants.get(unit) ?? null) : null,
    epoch: rim.epoch,
    signal: flight.controller.signal,
    progress: (figures) => rim.progress(key, figures),
  };
}

const named = (step: string, unit: string): string => (unit === "-" ? step : `${step} for ${unit}`);

const stopped = (step: string, unit: string): Problem => ({
  code: "BATON-ACTION-CANCELLED",
  message: `${named(step, unit)} was stopped, because the run no longer wants it.`,
  remedy: "Nothing is to be done: what it left behind is taken back, or completed by `baton retry`.",
});

const cancelled = (flight: Flight): Problem => stopped(flight.command.step, flight.command.unit);

const unknown = (step: string, unit: string, detail: string): Problem => ({
  code: "BATON-ACTION-UNKNOWN",
  message: `What ${named(step, unit)} left in the world cannot be seen: ${detail}`,
  remedy: "Make the target reachable; then `baton rollback` goes on. Unknown is never taken for absent.",
});

const noPerformer = (kind: string): Problem => ({
  code: "BATON-RUN-PERFORMER",
  message: `This conductor cannot perform steps of kind \`${kind}\`.`,
  remedy: "Drive the run with the Baton that planned it.",
});
