import {
  type Actor,
  failed,
  fillTemplates,
  type Journal,
  type Json,
  ok,
  type Performer,
  type PlanStep,
  type Ports,
  type Problem,
  type Result,
  SOLE_UNIT,
  stepState,
  unitState,
} from "@baton/core";
import { threw } from "./journaled-json.ts";
import type { LoadedRun } from "./load-run.ts";

/** What every request of a person says. */
export interface Request {
  readonly journal: Journal;
  readonly run: string;
  readonly by: Actor;
}

/** A person's word that an effect was brought about by hand, and what its action looks with. */
export interface DoneRequest extends Request {
  readonly step: string;
  /** Null for a step that does not fan out. */
  readonly tenant: string | null;
  readonly evidence: string;
  readonly performers: ReadonlyMap<string, Performer>;
  readonly ports: Ports;
}

/** What the action sees of an effect that somebody says is there; only `present` counts. Never rejects. */
export async function observeByHand(loaded: LoadedRun, request: DoneRequest): Promise<Result<string>> {
  const { index, state, run, plan } = loaded;
  const step = index.steps.get(request.step);
  const performer = step && request.performers.get(step.kind);
  if (step === undefined || performer === undefined) return failed(nobodyLooks(request, step));
  const unit = unitState(stepState(state, step.id), request.tenant ?? SOLE_UNIT);
  const input: Json =
    request.tenant === null ? step.input : fillTemplates(step.input, { tenant: request.tenant });
  try {
    const { state: seen, detail } = await performer.observe(input, unit.before, {
      ports: request.ports,
      plan,
      run,
      step: step.id,
      tenant: plan.tenants.find(({ id }) => id === request.tenant) ?? null,
      // Looking needs no lease, and fences nobody.
      epoch: 0,
      signal: AbortSignal.timeout(LOOK_MS),
      progress: () => undefined,
    });
    return seen === "present" ? ok(detail) : failed(notPresent(request, seen, detail));
  } catch (error) {
    return failed(threw(error));
  }
}

/** How long a look may take. */
const LOOK_MS = 60_000;

const named = ({ step, tenant }: DoneRequest): string => (tenant === null ? step : `${step} for ${tenant}`);

const notPresent = (request: DoneRequest, seen: string, detail: string): Problem => ({
  code: seen === "unknown" ? "BATON-ACTION-UNKNOWN" : "BATON-ACTION-NOT-PRESENT",
  message: `${named(request)} does not count as done: its action observes \`${seen}\`${detail === "" ? "" : `, ${detail}`}`,
  remedy:
    seen === "unknown"
      ? "Make the target reachable and say it again. Unknown is never taken for present."
      : "Complete it and say it again, or let Baton do it with `baton retry`.",
  details: { step: request.step, tenant: request.tenant, observed: seen },
});

const nobodyLooks = (request: DoneRequest, step: PlanStep | undefined): Problem => ({
  code: "BATON-RUN-PERFORMER",
  message: `Nothing here can look whether ${named(request)} is done: it has no action \`${step?.kind ?? ""}\`.`,
  remedy: "Say it with the Baton that planned the run.",
});
