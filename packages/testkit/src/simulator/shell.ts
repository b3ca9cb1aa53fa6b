import {
  type Command,
  type PlanIndex,
  type Problem,
  type RunEvent,
  type RunState,
  stillWanted,
} from "@baton/core";
import type { FaultPlan } from "./faults.ts";
import type { FaultKind } from "./script.ts";
import type { ModelWorld, Presence } from "./world.ts";

type Perform = Extract<Command, { kind: "perform" }>;

/** An effect in the shell's hands: first it reads what is there and journals the intent, then it works. */
interface Task {
  readonly command: Perform;
  readonly fault: FaultKind | null;
  readonly intended: boolean;
  readonly due: number;
}

/** What the simulated shell works with. `append` journals and applies. */
export interface ShellContext {
  readonly index: PlanIndex;
  readonly world: ModelWorld;
  readonly faults: FaultPlan;
  random(below: number): number;
  now(): number;
  state(): RunState;
  position(): number;
  append(events: readonly RunEvent[]): void;
}

const problem = (code: Problem["code"], message: string): Problem => ({ code, message, remedy: "Look." });
const BROKEN = problem("BATON-SIMULATED-FAULT", "The simulated target failed.");
const CANCELLED = problem("BATON-RUN-CANCELLED", "Stopped because the run goes back.");

/** The simulated shell: performs commands against the model world with delays and faults. Its memory dies in a crash. */
export class SimulatedShell {
  readonly #context: ShellContext;
  readonly #tasks = new Map<string, Task>();

  constructor(context: ShellContext) {
    this.#context = context;
  }

  /** Commands in hand that have not been overtaken, by key. */
  inHand(): readonly Perform[] {
    return [...this.#tasks.values()].map((task) => task.command);
  }

  /** Keys of effects whose intent is journaled and that are at work. */
  atWork(): readonly string[] {
    return [...this.#tasks].filter(([, task]) => task.intended).map(([key]) => key);
  }

  nextDue(): number | null {
    return [...this.#tasks.values()].reduce<number | null>(
      (least, { due }) => Math.min(least ?? due, due),
      null,
    );
  }

  perform(command: Perform): void {
    if (this.#tasks.has(command.key)) return;
    const fault = this.#context.faults.next(command.step, command.unit, command.direction);
    this.#tasks.set(command.key, { command, fault, intended: command.intended, due: this.#delay() });
  }

  /** Stops an effect, which leaves whatever it had done by then; records that also where it has none in hand. */
  cancel(command: Extract<Command, { kind: "cancel" }>): void {
    const task = this.#tasks.get(command.key);
    if (task?.intended) this.#abandon(task.command);
    this.#tasks.delete(command.key);
    const { key, step, unit, attempt } = command;
    this.#context.append([
      { type: "effect.failed", key, step, unit, attempt, problem: CANCELLED, final: true },
    ]);
  }

  /** Lets go of what has not begun and is no longer wanted. */
  drop(): void {
    const { index } = this.#context;
    for (const [key, task] of this.#tasks)
      if (!task.intended && !stillWanted(index, this.#context.state(), task.command)) this.#tasks.delete(key);
  }

  /** All memory is lost; what was at work left something between nothing and everything. */
  crash(): void {
    for (const task of this.#tasks.values()) if (task.intended) this.#abandon(task.command);
    this.#tasks.clear();
  }

  /** Carries on with what is due. True when the conductor died of it. */
  step(): boolean {
    for (const [key, task] of this.#tasks) {
      if (task.due > this.#context.now()) continue;
      if (!task.intended) this.#intend(key, task);
      else if (this.#finish(key, task)) return true;
    }
    return false;
  }

  #intend(key: string, task: Task): void {
    const { command } = task;
    const { step, unit, direction } = command;
    if (task.fault === "before-unreadable") {
      this.#tasks.delete(key);
      this.#fail(command, false);
      return;
    }
    const before = direction === "do" ? { was: this.#context.world.read(step, unit) } : command.before;
    this.#context.append([{ type: "effect.intended", key, step, unit, direction, before }]);
    this.#tasks.set(key, { ...task, intended: true, due: this.#delay() });
  }

  #finish(key: string, task: Task): boolean {
    const { command, fault } = task;
    const whole: Presence = command.direction === "do" ? "present" : "absent";
    switch (fault) {
      case "before-unreadable":
      case "before-effect":
      case "for-good":
        this.#tasks.delete(key);
        this.#fail(command, fault === "for-good");
        return false;
      case "half-way":
      case "after-effect":
        this.#tasks.delete(key);
        this.#leave(command, fault === "half-way" ? "partial" : whole);
        this.#fail(command, false);
        return false;
      case "outcome-lost":
        this.#tasks.delete(key);
        this.#leave(command, whole);
        return false;
      case "crash-before-effect":
      case "crash-half-way":
      case "crash-after-effect":
        if (fault !== "crash-before-effect")
          this.#leave(command, fault === "crash-half-way" ? "partial" : whole);
        this.#tasks.delete(key);
        return true;
      case null: {
        this.#tasks.delete(key);
        this.#leave(command, whole);
        const { step, unit } = command;
        this.#context.append([{ type: "effect.done", key, step, unit, output: { made: key } }]);
        return false;
      }
    }
  }

  #fail(command: Perform, final: boolean): void {
    const { key, step, unit, attempt } = command;
    this.#context.append([{ type: "effect.failed", key, step, unit, attempt, problem: BROKEN, final }]);
  }

  #abandon(command: Perform): void {
    const whole: Presence = command.direction === "do" ? "present" : "absent";
    const left = [null, "partial" as const, whole][this.#context.random(3)];
    if (left) this.#leave(command, left);
  }

  #leave(command: Perform, left: Presence): void {
    const { key, step, unit, direction } = command;
    this.#context.world.leave({ key, step, unit, direction, left, position: this.#context.position() });
  }

  #delay(): number {
    return this.#context.now() + this.#context.random(400);
  }
}
