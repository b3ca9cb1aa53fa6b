import type { ActionContext, Json, Performer, Ports, Problem } from "@baton/core";
import { failed, ok } from "@baton/core";

/** A call that reached the world. */
export interface Call {
  readonly what: "check" | "before" | "perform" | "undo" | "observe";
  readonly step: string;
  readonly unit: string;
  readonly key: string | null;
  readonly input: Json;
}

/** What a test wants to happen in the middle of a call; what it resolves to replaces the call's result. */
export type Meddle = (call: Call, context: ActionContext) => Promise<readonly Problem[] | undefined>;

/** A world of one boolean a unit, and a record of all that was done to it. */
export interface TestWorld {
  readonly performer: Performer;
  /** `step/unit` of all that is there. */
  readonly present: Set<string>;
  readonly calls: Call[];
  /** How many performs and undos were at work at the same time at most. */
  most(): number;
  /** Times an effect came into the world, by key. */
  readonly applied: Map<string, number>;
}

const unitOf = (context: ActionContext): string => context.tenant?.id ?? "-";

/** A performer of any kind over a world of its own. */
export function testWorld(kind = "service.deploy", meddle: Meddle = async () => undefined): TestWorld {
  const present = new Set<string>();
  const calls: Call[] = [];
  const applied = new Map<string, number>();
  let atWork = 0;
  let most = 0;
  const place = (context: ActionContext) => `${context.step}/${unitOf(context)}`;
  async function call(what: Call["what"], input: unknown, key: string | null, context: ActionContext) {
    const it: Call = { what, step: context.step, unit: unitOf(context), key, input: input as Json };
    calls.push(it);
    atWork++;
    most = Math.max(most, atWork);
    try {
      return (await meddle(it, context)) ?? [];
    } finally {
      atWork--;
    }
  }
  const performer: Performer = {
    kind,
    check: (input, context) => call("check", input, null, context),
    before: async (input, context) => {
      const problems = await call("before", input, null, context);
      return problems.length > 0 ? failed(...problems) : ok({ was: present.has(place(context)) });
    },
    perform: async (input, _before, key, context) => {
      const problems = await call("perform", input, key, context);
      if (problems.length > 0) return failed(...problems);
      if (!present.has(place(context))) applied.set(key, (applied.get(key) ?? 0) + 1);
      present.add(place(context));
      return ok({ made: place(context) });
    },
    undo: async (input, _before, _output, key, context) => {
      const problems = await call("undo", input, key, context);
      if (problems.length > 0) return failed(...problems);
      present.delete(place(context));
      return ok(null);
    },
    observe: async (input, _before, context) => {
      const problems = await call("observe", input, null, context);
      if (problems.length > 0) return { state: "unknown", detail: problems[0]?.message ?? "" };
      return { state: present.has(place(context)) ? "present" : "absent", detail: "" };
    },
  };
  return { performer, present, calls, applied, most: () => most };
}

/** Waits until the signal aborts, and then says so as a problem. */
export const untilAborted = (signal: AbortSignal): Promise<readonly Problem[]> =>
  new Promise((resolve) => {
    const stop = () => resolve([problem("BATON-TEST-ABORTED")]);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });

export const problem = (code: Problem["code"]): Problem => ({
  code,
  message: `${code} came up.`,
  remedy: "None: it is a test's.",
});

/** No action of these tests looks at the ports. */
export const noPorts = {} as Ports;
