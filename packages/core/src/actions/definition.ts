import type { Map as PMap } from "immutable";
import type { z } from "zod";
import type { Json } from "../json.ts";
import type { Halfway } from "../model/halfway.ts";
import type { EffectClass, UndoClass } from "../model/plan.ts";
import type { Release } from "../model/release.ts";
import type { Problem } from "../problem.ts";

/** What a kind may look at when it is compiled into a plan. */
export interface CompileContext {
  readonly release: Release;
  /** Versions in service before this release, by service; null while a release is only read and nothing was observed yet. */
  readonly present: Readonly<Record<string, string>> | null;
  /** What is known of the release's migrations by looking into their folders; left out while nobody has looked. */
  readonly migrations?: Readonly<Record<string, { readonly reversible?: boolean }>>;
  /** What is there between two releases; left out where no run stopped half-way. */
  readonly halfway?: Halfway;
  /** Tenants the step is for; left out while nothing was observed, and where the step is done once. */
  readonly units?: readonly string[];
  /** Where the input sits in the release's file, as in `phases[0].steps[2].with`. */
  readonly path: string;
}

/** World of the rehearsal, by subject (`service:platform-api@2.0.0`, `tenant:t7/stage`). Persistent; keys are the action's. */
export type World = PMap<string, Json>;

/** The pure half of an action: all that can be known of a step kind without doing it. */
export interface ActionDefinition<Input = unknown> {
  readonly kind: string;
  /** One sentence for `baton plan --explain` and the reference. */
  readonly summary: string;
  readonly input: z.ZodType<Input>;
  /** `performed` by a performer; `timer` and `approval` are ended by `decide` alone. */
  readonly runs: "performed" | "timer" | "approval";
  /** Whether `each: tenants` is required, allowed or meaningless. */
  readonly fanOut: "required" | "allowed" | "never";
  undo(input: Input): UndoClass;
  effect(input: Input): EffectClass;
  /** Seconds for one unit, forward and back, as declared until measured. */
  seconds(input: Input): { readonly forward: number; readonly back: number };
  /** A few words for the plan: `backfill encrypt-prompts`. */
  title(input: Input): string;
  /** What the schema cannot say: that a service or migration it names is there. All problems at once. */
  check(input: Input, context: CompileContext): readonly Problem[];
  /** Fills in what the release implies (a version, a previous one), so that the plan says all that will be done. */
  complete(input: Input, context: CompileContext): Input;
  /** The effect in the rehearsal's world; `back` undoes it. */
  model(world: World, input: Input, unit: string, direction: "do" | "undo"): World;
}
