import { type Actor, type Mark, markOfOutcome, type RunEvent, SOLE_UNIT } from "@baton/core";

/** An event as a line for people: its symbol, and a sentence without its full stop. */
export interface EventWords {
  readonly mark: Mark;
  readonly words: string;
}

const who = (by: Actor): string => (by.kind === "baton" ? "Baton" : by.name);
const whose = (tenant: string | null): string => (tenant === null ? "" : ` for ${tenant}`);
const of = (unit: string): string => (unit === SOLE_UNIT ? "" : ` for ${unit}`);
const said = (reason: string): string => reason.replace(/\.$/, "");

type Teller<Type extends RunEvent["type"]> = (event: Extract<RunEvent, { type: Type }>) => EventWords;

const TELLERS: { readonly [Type in RunEvent["type"]]: Teller<Type> } = {
  "run.opened": (e) => ({
    mark: "waits",
    words: `${who(e.by)} opened the run with plan ${e.planHash.slice(0, 8)}`,
  }),
  "run.approved": (e) => ({ mark: "done", words: `${who(e.by)} approved plan ${e.planHash.slice(0, 8)}` }),
  "run.rollback-requested": (e) => ({
    mark: "undoing",
    words: `${who(e.by)} asked for a rollback: ${said(e.reason)}`,
  }),
  "hold.approved": (e) => ({ mark: "done", words: `${who(e.by)} let the run past ${e.step}` }),
  "run.paused": (e) => ({ mark: "waits", words: `${who(e.by)} paused the run: ${said(e.reason)}` }),
  "run.resumed": (e) => ({ mark: "running", words: `${who(e.by)} resumed the run` }),
  "run.abort-requested": (e) => ({
    mark: "failed",
    words: `${who(e.by)} asked to stop where it is: ${said(e.reason)}`,
  }),
  "run.emergency-stop-requested": (e) => ({
    mark: "failed",
    words: `${who(e.by)} pulled the emergency stop: ${said(e.reason)}`,
  }),
  "run.retry-requested": (e) => ({
    mark: "running",
    words: `${who(e.by)} asked for another try of ${e.step ?? "all that failed"}${whose(e.tenant)}`,
  }),
  "step.skip-requested": (e) => ({
    mark: "waits",
    words: `${who(e.by)} asked to skip ${e.step}${whose(e.tenant)}: ${said(e.reason)}`,
  }),
  "step.done-declared": (e) => ({
    mark: "waits",
    words: `${who(e.by)} declared ${e.step} done${whose(e.tenant)}: ${said(e.evidence)}`,
  }),
  "step.settled": (e) => ({
    mark: "done",
    words: `${e.step}${whose(e.tenant)} counts as ${e.how === "done" ? "done by hand" : "skipped"}: ${said(e.reason)}`,
  }),
  "tenant.rollback-requested": (e) => ({
    mark: "undoing",
    words: `${who(e.by)} asked to take ${e.tenant} back: ${said(e.reason)}`,
  }),
  "tenant.rolling-back": (e) => ({ mark: "undoing", words: `${e.tenant} is being taken back` }),
  "run.scope-set": (e) => ({
    mark: "waits",
    words: `${who(e.by)} set how far the run may go: ${e.ring === null ? "the whole way" : `ring ${e.ring}${whose(e.tenant)}`}`,
  }),
  "tenant.held-back": (e) => ({
    mark: "parked",
    words: `${e.tenant} is held back: ${said(e.problem.message)}`,
  }),
  "tenant.let-go": (e) => ({ mark: "running", words: `${e.tenant} may go on` }),
  "run.retried": (e) => ({
    mark: "running",
    words: `${e.step ?? "All that failed"}${whose(e.tenant)} is tried again`,
  }),
  "run.started": () => ({ mark: "running", words: "The run began" }),
  "step.started": (e) => ({ mark: "running", words: `${e.step} began` }),
  "effect.intended": (e) => ({
    mark: e.direction === "undo" ? "undoing" : "running",
    words: `${e.step}${of(e.unit)} ${e.direction === "undo" ? "is about to be taken back" : "is about to begin"}`,
  }),
  "effect.done": (e) => ({
    mark: e.key.includes("/undo/") ? "undoing" : "done",
    words: `${e.step}${of(e.unit)} ${e.key.includes("/undo/") ? "taken back" : "done"}`,
  }),
  "effect.failed": (e) => ({
    mark: "failed",
    words: `${e.step}${of(e.unit)} failed, try ${e.attempt}${e.final ? ", for good" : ""}: ${e.problem.code} ${said(e.problem.message)}`,
  }),
  "unit.parked": (e) => ({
    mark: "parked",
    words: `${e.unit} parked at ${e.step}: ${e.problem.code} ${said(e.problem.message)}`,
  }),
  "step.ended": (e) => ({
    mark: e.outcome === "succeeded" ? "done" : e.outcome === "failed" ? "failed" : "undoing",
    words: `${e.step} ${e.outcome === "undone" ? "taken back" : e.outcome}`,
  }),
  "run.rolling-back": (e) => ({ mark: "undoing", words: `The run goes back: ${said(e.reason)}` }),
  "run.waiting": (e) => ({ mark: "waits", words: `The run waits at ${e.step}: ${said(e.reason)}` }),
  "run.ended": (e) => ({
    mark: markOfOutcome(e.outcome),
    words: `The run ended ${e.outcome}: ${said(e.reason)}`,
  }),
};

const told = new WeakMap<RunEvent, EventWords>();

/** Tells an event in words. A list asks for the same ones many times a second, so they are kept. */
export function eventWords(event: RunEvent): EventWords {
  const known = told.get(event);
  if (known !== undefined) return known;
  const tell = TELLERS[event.type] as Teller<RunEvent["type"]>;
  const words = tell(event);
  told.set(event, words);
  return words;
}
