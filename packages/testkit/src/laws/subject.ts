import type { ActionContext, Json, Performer } from "@baton/core";

/** One performer with a world of its own to work on, made fresh for each law. */
export interface LawSubject<Input, Before extends Json, Output extends Json> {
  readonly performer: Performer<Input, Before, Output>;
  /** Valid by the kind's schema. */
  readonly input: Input;
  readonly context: ActionContext;
  readonly world: {
    /** All that the effect may change, without what moves by itself or counts how often something was done. */
    snapshot(): Promise<unknown>;
  };
  /** Leaves the effect half-done, as a crash in the middle of `perform` would, and resolves when it is so. */
  readonly half?: (before: Before, key: string) => Promise<void>;
  /**
   * The context of a conductor that took over from `context`'s, for effects that are `fenced` or `compare-and-set`: once its undo
   * is through, the older one's perform must be refused.
   */
  readonly newer?: ActionContext;
  /** The same context with the target out of reach. */
  readonly unreachable: ActionContext;
  /** Texts that must not stand in what is journaled or shown. */
  readonly secrets?: readonly string[];
  cleanup(): Promise<void>;
}

/** What kind of effect the laws are to expect. */
export interface LawOptions<Input, Before extends Json, Output extends Json> {
  make(): Promise<LawSubject<Input, Before, Output>>;
  /** `restored`: undo brings back what was there. `kept`: by design it leaves things as they are (an inert undo). */
  readonly undo: "restored" | "kept";
  /** False for a performer that only looks. */
  readonly changes?: boolean;
  /** For one law, milliseconds; a minute when not given. */
  readonly timeoutMs?: number;
}
