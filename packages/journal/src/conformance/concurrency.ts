import type { StoredEvent } from "@baton/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalPair } from "../conformance.ts";
import { append, codes, event, expectChains, fresh, value } from "./support.ts";

/** What holds when many write and read at the same time. */
export function concurrencyLaws(use: () => JournalPair): void {
  describe("many at the same time", () => {
    it("are appended whole, one after the other, without a gap (property)", async () => {
      const { journal, other } = use();
      const writes = fc.array(
        fc.array(
          fc.record({ stream: fc.integer({ min: 0, max: 3 }), events: fc.integer({ min: 0, max: 4 }) }),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        { minLength: 2, maxLength: 12 },
      );
      await fc.assert(
        fc.asyncProperty(writes, async (batches) => {
          const run = fresh("run");
          const results = await Promise.all(
            batches.map((parts, writer) =>
              (writer % 2 === 0 ? journal : other).append(
                parts.map((part) =>
                  append(
                    `${run}/${part.stream}`,
                    null,
                    ...Array.from({ length: part.events }, (_, n) => event({ writer, n })),
                  ),
                ),
                null,
              ),
            ),
          );
          const read = value(await journal.read(run));
          expectChains(read);
          for (const result of results) expectTogether(read, value(result));
          const total = batches.flat().reduce((sum, part) => sum + part.events, 0);
          expect(read).toHaveLength(total);
        }),
        { numRuns: 25 },
      );
    });

    it("let exactly one writer through for each expected sequence", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      for (let seq = 0; seq < 5; seq++) {
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, n) =>
            (n % 2 === 0 ? journal : other).append([append(run, seq, event(n))], null),
          ),
        );
        expect(results.filter((result) => result.ok)).toHaveLength(1);
        expect(results.flatMap(codes)).toEqual(Array.from({ length: 7 }, () => "BATON-JOURNAL-SEQUENCE"));
      }
      expectChains(value(await journal.read(run)));
    });

    it("show a reader who follows every event, in order, and none late", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      const writers = 6;
      const each = 25;
      const followed: StoredEvent[] = [];
      const follow = async () => {
        while (followed.length < writers * each) {
          const after = followed.at(-1)?.position ?? 0;
          const next = value(await other.read(run, after));
          followed.push(...next);
          if (next.length === 0) expect(await other.changed(run, after, 30_000)).toBe(true);
        }
      };
      const write = async (writer: number) => {
        for (let n = 0; n < each; n++)
          value(await journal.append([append(`${run}/${writer}`, n, event(n))], null));
      };
      await Promise.all([follow(), ...Array.from({ length: writers }, (_, writer) => write(writer))]);
      expect(followed).toEqual(value(await journal.read(run)));
      expectChains(followed);
    });
  });
}

/** Asserts that a batch lies in the journal unbroken, as its writer was told. */
function expectTogether(read: readonly StoredEvent[], stored: readonly StoredEvent[]): void {
  const first = stored[0];
  if (first === undefined) return;
  const start = read.findIndex((e) => e.position === first.position);
  expect(read.slice(start, start + stored.length)).toEqual(stored);
}
