import type { Journal, Result } from "@baton/core";
import { failed } from "@baton/core";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import type { Clock } from "../src/index.ts";
import { handClock } from "./hand-clock.ts";
import {
  codes,
  driveRun,
  driveToEnd,
  eventsOf,
  every,
  memoryJournal,
  openApproved,
  until,
  value,
} from "./runs.ts";
import { problem, testWorld, untilAborted } from "./world.ts";

const plan = aPlan({
  limits: { backoffSeconds: 0.001 },
  steps: [
    { id: "main.one" },
    { id: "main.two", after: ["main.one"] },
    { id: "main.three", after: ["main.two"] },
  ],
});

const unreachable = (): Result<never> => failed(problem("BATON-JOURNAL-UNREACHABLE"));

test("a run that another one drives is refused by the owner's name, and taken over by who stands by", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const world = testWorld("service.deploy", async ({ what, step }) => {
    if (what === "perform" && step === "main.two") {
      reached.resolve();
      await go.promise;
    }
    return undefined;
  });
  const performers = every(world.performer);
  const stop = new AbortController();
  const first = driveRun({ journal, run, performers, owner: "first", signal: stop.signal });
  await reached.promise;
  const second = await driveRun({ journal, run, performers, owner: "second" });
  expect(codes(second)).toEqual(["BATON-RUN-DRIVEN"]);
  expect(second.ok ? "" : second.problems[0]?.message).toContain("first");
  const holders: string[] = [];
  const third = driveToEnd({
    journal,
    run,
    performers,
    owner: "third",
    ttlMs: 2_000,
    standBy: true,
    onStandBy: (holder) => holders.push(holder.owner),
  });
  await until(() => holders.length > 0, "the third one stands by");
  stop.abort();
  go.resolve();
  expect(value(await first).reason).toBe("stopped");
  expect((await third).state.ended?.outcome).toBe("succeeded");
  expect(holders[0]).toMatch(/^first /);
  expect([...world.applied.values()]).toEqual([1, 1, 1]);
});

test("who stands by can be called off", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  value(await journal.acquire(`run/${run}`, "somebody", 60_000));
  const stop = new AbortController();
  const performers = every(testWorld().performer);
  const standing = driveRun({
    journal,
    run,
    performers,
    standBy: true,
    signal: stop.signal,
    onStandBy: () => stop.abort(),
  });
  expect(value(await standing).reason).toBe("stopped");
});

test("when the lease cannot be renewed in time, effects are aborted and nothing is performed after", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const clock = handClock();
  let aborted = false;
  const reached = Promise.withResolvers<void>();
  const world = testWorld("service.deploy", async ({ what, step }, context) => {
    if (what !== "perform" || step !== "main.two") return undefined;
    reached.resolve();
    const problems = await untilAborted(context.signal);
    aborted = true;
    return problems;
  });
  const cut: Journal = { ...journal, renew: async () => unreachable() };
  const driven = driveRun({ journal: cut, run, performers: every(world.performer), clock, ttlMs: 10_000 });
  await reached.promise;
  const calls = world.calls.length;
  clock.move(8_999);
  expect(aborted).toBe(false);
  clock.move(2);
  expect(codes(await driven)).toEqual(["BATON-RUN-LEASE-LOST"]);
  expect(aborted).toBe(true);
  expect(world.calls).toHaveLength(calls);
  const events = await eventsOf(journal, run);
  expect(events.filter((event) => event.type === "effect.failed")).toEqual([]);
  expect(events.at(-1)).toMatchObject({ type: "effect.intended", step: "main.two" });
});

test("a conductor that slept past its lease performs nothing, also before its timers are heard", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  let now = 0;
  const deaf: Clock = { elapsed: () => now, after: () => () => undefined };
  const world = testWorld("service.deploy", async ({ what, step }) => {
    if (what === "before" && step === "main.two") now += 10_000;
    return undefined;
  });
  const driven = await driveRun({ journal, run, performers: every(world.performer), clock: deaf });
  expect(codes(driven)).toEqual(["BATON-RUN-LEASE-LOST"]);
  expect(world.calls.at(-1)).toMatchObject({ what: "before", step: "main.two" });
});

test("a lease that ends while the intent is journaled lets the effect not begin", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  let now = 0;
  const deaf: Clock = { elapsed: () => now, after: () => () => undefined };
  const slow: Journal = {
    ...journal,
    append: async (batch, lease) => {
      const stored = await journal.append(batch, lease);
      if (batch.some((part) => part.events.some((event) => event.type === "effect.intended"))) now += 10_000;
      return stored;
    },
  };
  const world = testWorld();
  const driven = await driveRun({ journal: slow, run, performers: every(world.performer), clock: deaf });
  expect(world.calls.map(({ what }) => what)).toEqual(["check", "before"]);
  expect(codes(driven)).toEqual(["BATON-RUN-LEASE-LOST"]);
  expect((await eventsOf(journal, run)).at(-1)).toMatchObject({ type: "effect.intended" });
});

test("another one's lease ends this one's work at its next append", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const world = testWorld("service.deploy", async ({ what, step }) => {
    if (what !== "before" || step !== "main.two") return undefined;
    const lease = value(await journal.leaseOf(`run/${run}`));
    if (lease !== null) value(await journal.release(lease));
    value(await journal.acquire(`run/${run}`, "thief", 60_000));
    return undefined;
  });
  expect(codes(await driveRun({ journal, run, performers: every(world.performer) }))).toEqual([
    "BATON-RUN-LEASE-LOST",
  ]);
  expect(world.calls.at(-1)).toMatchObject({ what: "before", step: "main.two" });
});

test("an intent that cannot be journaled is never performed", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const refusing: Journal = {
    ...journal,
    append: async (batch, lease) =>
      batch.some((part) => part.events.some((event) => event.type === "effect.intended"))
        ? failed(problem("BATON-JOURNAL-REFUSED"))
        : journal.append(batch, lease),
  };
  const world = testWorld();
  expect(codes(await driveRun({ journal: refusing, run, performers: every(world.performer) }))).toEqual([
    "BATON-JOURNAL-REFUSED",
  ]);
  expect(world.calls.map(({ what }) => what)).toEqual(["check", "before"]);
});

test("a journal that is away for a moment is waited for, also where only its answer was lost", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  let appends = 0;
  const shaky: Journal = {
    ...journal,
    append: async (batch, lease) => {
      appends++;
      if (appends % 3 === 0) return unreachable();
      const stored = await journal.append(batch, lease);
      return appends % 4 === 0 ? unreachable() : stored;
    },
  };
  const world = testWorld();
  const end = await driveToEnd({ journal: shaky, run, performers: every(world.performer) });
  expect(end.state.ended?.outcome).toBe("succeeded");
  expect([...world.applied.values()]).toEqual([1, 1, 1]);
  const events = await eventsOf(journal, run);
  expect(events.filter((event) => event.type === "effect.intended")).toHaveLength(3);
  expect(events.filter((event) => event.type === "effect.done")).toHaveLength(3);
});

test("asked to stop, a conductor lets an effect end, begins no other, and frees the lease", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const stop = new AbortController();
  const world = testWorld("service.deploy", async ({ what, step }) => {
    if (what === "perform" && step === "main.one") {
      stop.abort();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return undefined;
  });
  const performers = every(world.performer);
  const stopped = await driveToEnd({ journal, run, performers, signal: stop.signal });
  expect(stopped.reason).toBe("stopped");
  expect(world.present).toEqual(new Set(["main.one/-"]));
  expect((await eventsOf(journal, run)).some((event) => event.type === "effect.done")).toBe(true);
  expect((await driveToEnd({ journal, run, performers })).state.ended?.outcome).toBe("succeeded");
  expect([...world.applied.values()]).toEqual([1, 1, 1]);
});

test("a plan with a kind nobody here can perform is refused before anything begins", async () => {
  const journal = memoryJournal();
  const run = await openApproved(journal, plan);
  const before = await eventsOf(journal, run);
  expect(codes(await driveRun({ journal, run, performers: new Map() }))).toEqual(["BATON-RUN-PERFORMER"]);
  expect(await eventsOf(journal, run)).toEqual(before);
});
