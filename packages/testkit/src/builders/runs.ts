import {
  type Actor,
  apply,
  type Command,
  decide,
  indexPlan,
  initialState,
  type Plan,
  type PlanIndex,
  type Problem,
  type RunEvent,
  type RunState,
} from "@baton/core";

/** The person of the tests. */
export const ada: Actor = { kind: "person", name: "ada", via: "test" };
/** The failure of the tests. */
export const broken: Problem = { code: "BATON-TEST-BROKEN", message: "It broke.", remedy: "Mend it." };

type Perform = Extract<Command, { kind: "perform" }>;

/** A run in a test's hands, without a shell. */
export interface RunInHand {
  readonly index: PlanIndex;
  state(): RunState;
  put(event: RunEvent): void;
  /** Moves the clock on, by milliseconds. */
  pass(ms: number): void;
  /** What `decide` asks for now. */
  commands(): readonly Command[];
  /** Journals what `decide` wants recorded, and gives it. */
  records(): readonly RunEvent[];
  performs(): readonly Perform[];
  intend(command: Perform): void;
  succeed(command: Perform): void;
  fail(command: Perform, final?: boolean): void;
}

/** A run of a plan, opened and (unless told otherwise) approved. Time stands still until the test moves it. */
export function aRun(plan: Plan, approved = true): RunInHand {
  const index = indexPlan(plan);
  let now = 1_000;
  let state: RunState = initialState(index, "r");
  const put = (event: RunEvent) => {
    state = apply(index, state, { at: now, event });
  };
  const records = () => {
    const [command] = decide(index, state, now);
    if (command?.kind !== "record") return [];
    command.events.forEach(put);
    return command.events;
  };
  const performs = () =>
    decide(index, state, now).filter((command): command is Perform => command.kind === "perform");
  const intend = (command: Perform) => {
    const { key, step, unit, direction } = command;
    put({ type: "effect.intended", key, step, unit, direction, before: { was: unit } });
  };
  const { hash: planHash, platform, environment, release, from } = plan;
  put({ type: "run.opened", run: "r", platform, environment, release, from, planHash, by: ada });
  if (approved) put({ type: "run.approved", planHash, by: ada });
  return {
    index,
    put,
    records,
    performs,
    intend,
    state: () => state,
    commands: () => decide(index, state, now),
    pass: (ms: number) => {
      now += ms;
    },
    succeed: (command: Perform) => {
      if (!command.intended) intend(command);
      const { key, step, unit } = command;
      put({ type: "effect.done", key, step, unit, output: { made: unit } });
    },
    fail: (command: Perform, final = false) => {
      if (!command.intended) intend(command);
      const { key, step, unit, attempt } = command;
      put({ type: "effect.failed", key, step, unit, attempt, problem: broken, final });
    },
  };
}

/** The first of some; throws where there is none. */
export const first = <Item>(items: readonly Item[]): Item => {
  const [item] = items;
  if (item === undefined) throw new Error("nothing there");
  return item;
};
