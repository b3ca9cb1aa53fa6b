import { isDeepStrictEqual } from "node:util";
import type { Json, Observation, Result } from "@baton/core";
import { describe, expect, test } from "vitest";
import type { LawOptions, LawSubject } from "./subject.ts";

/**
 * The laws of the design's "An action", as tests of one performer. Everything that crosses the journal (before, output)
 * goes through JSON text, as it does there. A law that needs a half-done effect is left out where `make` gives no way to one.
 */
export function describeLaws<Input, Before extends Json, Output extends Json>(
  name: string,
  options: LawOptions<Input, Before, Output>,
): void {
  type Subject = LawSubject<Input, Before, Output>;
  const changes = options.changes ?? true;
  const restores = options.undo === "restored" && changes;

  const law = (
    title: string,
    hold: (subject: Subject, steps: Steps<Before, Output>, skip: (why: string) => never) => Promise<void>,
  ) =>
    test(
      title,
      async ({ skip }) => {
        const subject = await options.make();
        try {
          await hold(subject, stepsOf(subject), skip);
        } finally {
          await subject.cleanup();
        }
      },
      options.timeoutMs ?? 60_000,
    );

  describe(`laws of ${name}`, () => {
    law("check and before change nothing", async ({ world }, steps) => {
      const start = await world.snapshot();
      expect(await steps.check()).toEqual([]);
      await steps.before();
      expect(await world.snapshot()).toEqual(start);
    });

    law("perform brings the effect about, and observe says so", async ({ world }, steps) => {
      const start = await world.snapshot();
      const before = await steps.before();
      if (changes) expect((await steps.observe(before)).state).toBe("absent");
      await steps.perform(before, "k/do/1");
      if (changes) expect(await world.snapshot()).not.toEqual(start);
      expect((await steps.observe(before)).state).toBe("present");
    });

    law("perform twice is perform once", async ({ world }, steps) => {
      const before = await steps.before();
      await steps.perform(before, "k/do/1");
      const once = await world.snapshot();
      await steps.perform(before, "k/do/1");
      expect(await world.snapshot()).toEqual(once);
      expect((await steps.observe(before)).state).toBe("present");
    });

    law("undo takes it back, and undo twice is undo once", async ({ world }, steps) => {
      const start = await world.snapshot();
      const before = await steps.before();
      const output = await steps.perform(before, "k/do/1");
      const performed = await world.snapshot();
      for (const _ of ["once", "twice"]) {
        await steps.undo(before, output, "k/undo/1");
        expect(await world.snapshot()).toEqual(restores ? start : performed);
      }
      if (restores) expect((await steps.observe(before)).state).toBe("absent");
    });

    law("perform, undo, perform is perform", async ({ world }, steps) => {
      const before = await steps.before();
      const output = await steps.perform(before, "k/do/1");
      const once = await world.snapshot();
      await steps.undo(before, output, "k/undo/1");
      const again = await steps.before();
      await steps.perform(again, "k/do/2");
      expect(await world.snapshot()).toEqual(once);
      expect((await steps.observe(again)).state).toBe("present");
      await steps.undo(again, null, "k/undo/2");
    });

    law(
      "a crash between effect and acknowledgement: perform again, then undo without its output",
      async ({ world }, steps) => {
        const start = await world.snapshot();
        const before = await steps.before();
        await steps.perform(before, "k/do/1");
        const once = await world.snapshot();
        await steps.perform(before, "k/do/1");
        expect(await world.snapshot()).toEqual(once);
        await steps.undo(before, null, "k/undo/1");
        expect(await world.snapshot()).toEqual(restores ? start : once);
      },
    );

    law("undo of what was never performed changes nothing", async ({ world }, steps) => {
      const start = await world.snapshot();
      const before = await steps.before();
      await steps.undo(before, null, "k/undo/1");
      expect(await world.snapshot()).toEqual(start);
    });

    law(
      "an undo of what is not there yet shuts out the perform of an older conductor that stood still",
      async ({ performer, input, context, newer, world }, steps, skip) => {
        if (newer === undefined) return skip("nothing tells its conductors apart");
        const start = await world.snapshot();
        const before = await steps.before();
        const undone = await performer.undo(input, before, null, "k/undo/1", newer);
        expect(undone.ok).toBe(true);
        expect((await performer.perform(input, before, "k/do/1", context)).ok).toBe(false);
        expect(await world.snapshot()).toEqual(start);
      },
    );

    law(
      "a half-done perform is seen as what it is and completed by perform",
      async ({ half, world }, steps, skip) => {
        if (half === undefined) return skip("it has no half");
        const start = await world.snapshot();
        const before = await steps.before();
        await half(before, "k/do/1");
        const { state } = await steps.observe(before);
        const seen = await world.snapshot();
        expect(state).not.toBe("unknown");
        if (state === "absent") expect(seen).toEqual(start);
        await steps.perform(before, "k/do/1");
        if (state === "present") expect(await world.snapshot()).toEqual(seen);
        expect((await steps.observe(before)).state).toBe("present");
      },
    );

    law("a half-done perform is taken back by undo", async ({ half, world }, steps, skip) => {
      if (half === undefined) return skip("it has no half");
      const start = await world.snapshot();
      const before = await steps.before();
      await half(before, "k/do/1");
      await steps.undo(before, null, "k/undo/1");
      if (!restores) return;
      expect(await world.snapshot()).toEqual(start);
      expect((await steps.observe(before)).state).toBe("absent");
    });

    law("observe changes nothing, whatever there is to see", async ({ world }, steps) => {
      const before = await steps.before();
      for (const prepare of [async () => null, () => steps.perform(before, "k/do/1")]) {
        await prepare();
        const seen = await world.snapshot();
        await steps.observe(before);
        expect(await world.snapshot()).toEqual(seen);
      }
    });

    law(
      "an unreachable target is unknown, never absent, and fails perform with a problem",
      async (subject, steps) => {
        const { performer, input, unreachable, world } = subject;
        const before = await steps.before();
        const start = await world.snapshot();
        expect((await performer.observe(input, before, unreachable)).state).toBe("unknown");
        if (changes) {
          const failed = await performer.perform(input, before, "k/do/1", unreachable);
          expect(failed.ok).toBe(false);
          expect(await world.snapshot()).toEqual(start);
        }
        await steps.perform(before, "k/do/1");
        const performed = await world.snapshot();
        expect((await performer.observe(input, before, unreachable)).state).toBe("unknown");
        expect(await world.snapshot()).toEqual(performed);
      },
    );
  });
}

/** What is done to a subject, with everything journaled sent through text and every failure thrown. */
interface Steps<Before, Output> {
  check(): Promise<readonly unknown[]>;
  before(): Promise<Before>;
  perform(before: Before, key: string): Promise<Output>;
  undo(before: Before, output: Output | null, key: string): Promise<void>;
  observe(before: Before): Promise<Observation>;
}

function stepsOf<Input, Before extends Json, Output extends Json>(
  subject: LawSubject<Input, Before, Output>,
): Steps<Before, Output> {
  const { performer, input, context } = subject;
  const journaled = <T extends Json>(result: Result<T>): T => {
    if (!result.ok) throw new Error(result.problems.map((one) => `${one.code} ${one.message}`).join("\n"));
    return throughText(result.value, subject.secrets ?? []);
  };
  return {
    check: async () => performer.check(input, context),
    before: async () => journaled(await performer.before(input, context)),
    perform: async (before, key) => journaled(await performer.perform(input, before, key, context)),
    async undo(before, output, key) {
      journaled(await performer.undo(input, before, output, key, context));
    },
    observe: (before) => performer.observe(input, before, context),
  };
}

/** A journaled value as it is read again; it must survive the journal unchanged and hold no secret. */
function throughText<T extends Json>(value: T, secrets: readonly string[]): T {
  const text = JSON.stringify(value);
  for (const secret of secrets) expect(text).not.toContain(secret);
  const read: T = JSON.parse(text);
  expect(isDeepStrictEqual(read, value)).toBe(true);
  return read;
}
