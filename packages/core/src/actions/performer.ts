import type { Json } from "../json.ts";
import type { Plan } from "../model/plan.ts";
import type { Tenant } from "../model/tenant.ts";
import type { Ports } from "../ports/ports.ts";
import type { Problem, Result } from "../problem.ts";

/** What an effect is done for and with. */
export interface ActionContext {
  readonly ports: Ports;
  readonly plan: Plan;
  readonly run: string;
  readonly step: string;
  /** The tenant of a fan-out's unit; null otherwise. */
  readonly tenant: Tenant | null;
  /** The conductor's lease epoch; a fenced effect hands it to its target. */
  readonly epoch: number;
  /** Aborts on cancel, on shutdown and before the lease ends. */
  readonly signal: AbortSignal;
  /** Passing figures for people who look on. */
  progress(figures: Readonly<Record<string, number>>): void;
}

export interface Observation {
  /** Read from the world, never from memory. `unknown` blocks; it is never taken for `absent`. */
  readonly state: "absent" | "partial" | "present" | "unknown";
  readonly detail: string;
}

/** The performing half of an action; the promises are those of the design, "An action". Inputs are already valid. */
export interface Performer<Input = unknown, Before extends Json = Json, Output extends Json = Json> {
  readonly kind: string;
  /**
   * Of an `unfenced` effect: how long one perform or undo may be at work, milliseconds. Then its signal aborts; and a successor
   * lets so much time go by before it touches the effect. A minute where it does not say.
   */
  deadlineMs?(input: Input): number;
  /** Would it work now? Changes nothing. No problems: yes. */
  check(input: Input, context: ActionContext): Promise<readonly Problem[]>;
  /** What is there now, enough to bring it back. Journaled ahead of the effect; holds no secret. */
  before(input: Input, context: ActionContext): Promise<Result<Before>>;
  /** Brings the effect about. Safe to call again after a crash at any point. */
  perform(input: Input, before: Before, key: string, context: ActionContext): Promise<Result<Output>>;
  /**
   * Takes it back, also when it got only half-way. Safe to call again. Where the effect is `fenced` or `compare-and-set` it is
   * called also when nothing is there, and leaves the target so that the effect is refused if it still comes.
   */
  undo(
    input: Input,
    before: Before,
    output: Output | null,
    key: string,
    context: ActionContext,
  ): Promise<Result<Json>>;
  observe(input: Input, before: Before, context: ActionContext): Promise<Observation>;
}
