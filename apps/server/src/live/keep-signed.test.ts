import type { Clock } from "@baton/conductor";
import type { StoredEvent } from "@baton/core";
import { expect, test } from "vitest";
import type { FollowerListener } from "./follower.ts";
import { keepSigned } from "./keep-signed.ts";

/** A journal whose events and times come when the test says so, and how often it was signed. */
function journalAtHand() {
  const timers = new Map<() => void, number>();
  let listener: FollowerListener | null = null;
  let [now, signed, ended] = [0, 0, 0];
  const clock: Pick<Clock, "after"> = {
    after: (ms, call) => {
      timers.set(call, now + ms);
      return () => timers.delete(call);
    },
  };
  const stop = keepSigned(
    {
      on: (one) => {
        listener = one;
        return () => {
          listener = null;
        };
      },
    },
    { begin: () => void signed++, end: async () => void ended++ },
    clock,
  );
  return {
    stop,
    append: (...streams: string[]) =>
      listener?.events?.(streams.map((stream) => ({ stream }) as unknown as StoredEvent)),
    pass: (ms: number) => {
      now += ms;
      for (const [call, at] of [...timers]) if (at <= now && timers.delete(call)) call();
    },
    signed: () => signed,
    ended: () => ended,
    waiting: () => timers.size,
  };
}

test("what is there when the server starts is signed, and what people are granted soon after, gathered", () => {
  const journal = journalAtHand();
  expect(journal.signed()).toBe(1);
  journal.append("access/local", "access/local");
  journal.append("environment/local");
  journal.pass(1_999);
  expect(journal.signed()).toBe(1);
  journal.pass(1);
  expect(journal.signed()).toBe(2);
  journal.pass(100_000);
  expect(journal.signed()).toBe(2);
});

test("events of a run are left to whoever drives it, and signed behind their time where nobody does", () => {
  const journal = journalAtHand();
  journal.append("run/r1/control", "run/r1");
  journal.pass(60_000);
  expect(journal.signed()).toBe(1);
  journal.pass(5_000);
  expect(journal.signed()).toBe(2);
});

test("a server that stops signs once more, and nothing after", async () => {
  const journal = journalAtHand();
  journal.append("access/local", "run/r1");
  await journal.stop();
  expect([journal.signed(), journal.ended(), journal.waiting()]).toEqual([1, 1, 0]);
  journal.append("access/local");
  expect(journal.waiting()).toBe(0);
});
