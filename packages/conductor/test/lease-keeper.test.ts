import { failed, type Journal } from "@baton/core";
import { expect, test } from "vitest";
import type { Clock } from "../src/index.ts";
import { keepLease } from "../src/lease-keeper.ts";
import { handClock } from "./hand-clock.ts";
import { memoryJournal, value } from "./runs.ts";
import { problem } from "./world.ts";

const ttlMs = 10_000;

test("a lease counts as over a tenth of its time before its end, by the clock and not by a timer", async () => {
  const journal = memoryJournal();
  let now = 0;
  const deaf: Clock = { elapsed: () => now, after: () => () => undefined };
  const lease = value(await journal.acquire("run/r", "one", ttlMs));
  const kept = keepLease({ journal, clock: deaf, lease, ttlMs, askedAt: 0 });
  now = 8_999;
  expect(kept.alive()).toBe(true);
  now = 9_000;
  expect(kept.alive()).toBe(false);
  expect(kept.lost.reason).toMatchObject({ code: "BATON-RUN-LEASE-LOST" });
});

test("a renewed lease is counted from when it was asked for, however long the answer took", async () => {
  const journal = memoryJournal();
  const clock = handClock();
  const lease = value(await journal.acquire("run/r", "one", ttlMs));
  const renewed = Promise.withResolvers<void>();
  let asked = 0;
  const slow: Journal = {
    ...journal,
    renew: async (...args) => {
      asked += 1;
      if (asked > 1) return failed(problem("BATON-JOURNAL-UNREACHABLE"));
      clock.move(2_000);
      return journal.renew(...args);
    },
  };
  const onRenewed = () => renewed.resolve();
  const kept = keepLease({ journal: slow, clock, lease, ttlMs, askedAt: 0, onRenewed });
  clock.move(4_000);
  await renewed.promise;
  clock.move(4_000 + 8_999 - clock.elapsed());
  expect(kept.alive()).toBe(true);
  clock.move(1);
  expect(kept.alive()).toBe(false);
});
