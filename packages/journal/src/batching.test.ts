import { failed, type Journal } from "@baton/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBatcher } from "./batching.ts";
import { append, codes, event, expectChains, value } from "./conformance/support.ts";
import { createMemoryJournal } from "./memory/memory-journal.ts";

/** A journal that counts commits and waits for a turn of the event loop in each, as a database would. */
function counted(): { journal: Journal; commits: number[] } {
  const memory = createMemoryJournal({ now: () => 1 });
  const commits: number[] = [];
  const journal: Journal = {
    ...memory,
    append: async (batch, lease) => {
      await new Promise((resolve) => setImmediate(resolve));
      commits.push(batch.length);
      return memory.append(batch, lease);
    },
  };
  return { journal, commits };
}

describe("the batcher", () => {
  it("puts what comes in while a commit is under way into the next one", async () => {
    const { journal, commits } = counted();
    const batcher = createBatcher(journal, null);
    const first = batcher.append([append("run/first", 0, event(0))]);
    await Promise.resolve(); // the first commit is under way from here on
    await Promise.resolve();
    const more = Array.from({ length: 20 }, (_, n) => batcher.append([append(`run/${n}`, 0, event(n))]));
    expect(value(await first)).toMatchObject([{ stream: "run/first", seq: 1 }]);
    const results = await Promise.all(more);
    expect(results.map((result) => value(result).map((e) => e.data))).toEqual(
      Array.from({ length: 20 }, (_, n) => [n]),
    );
    expect(commits).toEqual([1, 20]);
  });

  it("keeps the order of each stream and gives each caller its own events (property)", async () => {
    const plan = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 })), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 6 }), async (appends, maxEvents) => {
        const { journal } = counted();
        const batcher = createBatcher(journal, null, { maxEvents });
        const ends = new Map<string, number>();
        const results = appends.map(([name, count], caller) => {
          const stream = `run/${name}`;
          const end = ends.get(stream) ?? 0;
          ends.set(stream, end + count);
          return batcher.append([append(stream, end, ...Array.from({ length: count }, () => event(caller)))]);
        });
        for (const [caller, result] of (await Promise.all(results)).entries())
          expect(value(result).map((e) => e.data)).toEqual(
            Array.from({ length: appends[caller]?.[1] ?? 0 }, () => caller),
          );
        await batcher.idle();
        expectChains(value(await journal.read("run")));
      }),
      { numRuns: 50 },
    );
  });

  it("fails only who asked for the impossible when others share the commit", async () => {
    const { journal } = counted();
    const batcher = createBatcher(journal, null);
    const results = await Promise.all([
      batcher.append([append("run/a", 0, event(1))]),
      batcher.append([append("run/b", 7, event(1))]),
      batcher.append([append("run/c", 0, event(1), event(2))]),
      batcher.append([append("run/d\n", 0, event(1))]),
    ]);
    expect(results.map(codes)).toEqual([[], ["BATON-JOURNAL-SEQUENCE"], [], ["BATON-JOURNAL-INPUT"]]);
    expect(value(await journal.heads("run")).map((head) => [head.stream, head.seq])).toEqual([
      ["run/a", 1],
      ["run/c", 2],
    ]);
  });

  it("fails all alike when the lease is gone, and does not try each alone", async () => {
    const { journal, commits } = counted();
    const lease = value(await journal.acquire("lease", "me", 1000));
    value(await journal.release(lease));
    const batcher = createBatcher(journal, lease);
    const results = await Promise.all(
      [1, 2, 3].map((n) => batcher.append([append(`run/${n}`, 0, event(n))])),
    );
    expect(results.map(codes)).toEqual([1, 2, 3].map(() => ["BATON-JOURNAL-EPOCH"]));
    expect(commits).toEqual([3]);
  });

  it("does not repeat a commit of which nobody knows whether it was stored", async () => {
    let asked = 0;
    const problem = { code: "BATON-JOURNAL-UNREACHABLE", message: "gone", remedy: "wait" } as const;
    const append1 = async () => {
      asked++;
      return failed(problem);
    };
    const batcher = createBatcher({ append: append1 }, null);
    const results = await Promise.all([1, 2].map((n) => batcher.append([append(`run/${n}`, 0, event(n))])));
    expect(results.map(codes)).toEqual([[problem.code], [problem.code]]);
    expect(asked).toBe(1);
  });
});
