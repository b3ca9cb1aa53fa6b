import { type Json, NO_HASH } from "@baton/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalPair } from "../conformance.ts";
import { append, codes, event, expectChains, fresh, value } from "./support.ts";

/** What an append promises. */
export function appendLaws(use: () => JournalPair): void {
  describe("append and read", () => {
    it("gives back what was appended, and another reader reads the same", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      const stored = value(
        await journal.append([append(run, 0, event({ a: 1 }), event("two", "x.y", 3))], null),
      );
      expect(stored).toMatchObject([
        {
          stream: run,
          seq: 1,
          epoch: 0,
          type: "thing.happened",
          version: 1,
          data: { a: 1 },
          previous: NO_HASH,
        },
        { stream: run, seq: 2, epoch: 0, type: "x.y", version: 3, data: "two", previous: stored[0]?.hash },
      ]);
      expect(value(await other.read(run))).toEqual(stored);
      expectChains(stored);
    });

    it("refuses a writer that has not seen the end, and stores nothing of the batch", async () => {
      const { journal } = use();
      const [one, two] = [fresh("run"), fresh("run")];
      value(await journal.append([append(one, 0, event(1))], null));
      const refused = await journal.append([append(two, 0, event(1)), append(one, 0, event(2))], null);
      expect(refused).toMatchObject({
        problems: [{ code: "BATON-JOURNAL-SEQUENCE", details: { stream: one, expected: 0, found: 1 } }],
      });
      expect(codes(await journal.append([append(one, 5, event(2))], null))).toEqual([
        "BATON-JOURNAL-SEQUENCE",
      ]);
      expect(value(await journal.read(two))).toEqual([]);
      expect(value(await journal.read(one))).toHaveLength(1);
    });

    it("appends at the end, wherever that is, when no sequence is expected", async () => {
      const { journal } = use();
      const run = fresh("run");
      for (const n of [1, 2, 3]) value(await journal.append([append(run, null, event(n))], null));
      expect(value(await journal.read(run)).map((e) => [e.seq, e.data])).toEqual([
        [1, 1],
        [2, 2],
        [3, 3],
      ]);
    });

    it("takes a stream several times in one batch, each time after what came before", async () => {
      const { journal } = use();
      const [run, side] = [fresh("run"), fresh("run")];
      const stored = value(
        await journal.append(
          [append(run, 0, event(1), event(2)), append(side, 0, event("s")), append(run, 2, event(3))],
          null,
        ),
      );
      expect(stored.map((e) => [e.stream, e.seq])).toEqual([
        [run, 1],
        [run, 2],
        [side, 1],
        [run, 3],
      ]);
      expectChains(stored);
      expect(codes(await journal.append([append(side, 1), append(run, 2)], null))).toEqual([
        "BATON-JOURNAL-SEQUENCE",
      ]);
      expect(value(await journal.append([append(run, 3)], null))).toEqual([]);
      expect(value(await journal.append([], null))).toEqual([]);
    });

    it("reads a stream and those below it, in order, from a position, up to a limit", async () => {
      const { journal } = use();
      const run = fresh("run");
      const names = [run, `${run}/units/1`, `${run}-other`, `${run}/control`, `${run}0`, `${run}.x`];
      const stored = value(
        await journal.append(
          names.map((name) => append(name, 0, event(name))),
          null,
        ),
      );
      const below = [run, `${run}/units/1`, `${run}/control`];
      expect(value(await journal.read(run)).map((e) => e.stream)).toEqual(below);
      expect(value(await journal.read(run, stored[0]?.position)).map((e) => e.stream)).toEqual(
        below.slice(1),
      );
      expect(value(await journal.read(run, 0, 2)).map((e) => e.stream)).toEqual(below.slice(0, 2));
      expect(value(await journal.read(`${run}/units`)).map((e) => e.stream)).toEqual([`${run}/units/1`]);
      expect(value(await journal.read("")).map((e) => e.stream)).toEqual(expect.arrayContaining(names));
      expect(value(await journal.heads(run))).toEqual(
        [...below].sort().map((stream) => {
          const last = stored.find((e) => e.stream === stream);
          return { stream, seq: 1, hash: last?.hash };
        }),
      );
    });

    it("keeps any JSON value, and its hash follows from the value alone (property)", async () => {
      const { journal, other } = use();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.integer({ min: 1, max: 9 })), {
            minLength: 1,
            maxLength: 8,
          }),
          async (parts) => {
            const run = fresh("run");
            const events = parts.map(([data, version]) => event(data as Json, "property.é✓", version));
            value(await journal.append([append(run, 0, ...events)], null));
            const read = value(await other.read(run));
            expect(read.map((e) => JSON.stringify(e.data))).toEqual(
              events.map((e) => JSON.stringify(JSON.parse(JSON.stringify(e.data)))).map(keysSorted),
            );
            expectChains(read);
          },
        ),
        { numRuns: 40 },
      );
    });

    it("refuses names that would make the hashed bytes ambiguous, and versions that are no numbers", async () => {
      const { journal } = use();
      for (const name of ["", "a\nb", "a\u0000b", "\ud800"])
        expect(codes(await journal.append([append(name, null, event(1))], null))).toEqual([
          "BATON-JOURNAL-INPUT",
        ]);
      for (const wrong of [event(1, "a\nb"), event(1, "t", 0), event(1, "t", 1.5)])
        expect(codes(await journal.append([append(fresh("run"), 0, wrong)], null))).toEqual([
          "BATON-JOURNAL-INPUT",
        ]);
    });

    it("tells a time that never goes back, and never earlier than the last event", async () => {
      const { journal, other } = use();
      const before = value(await journal.now());
      const [stored] = value(await journal.append([append(fresh("run"), 0, event(1))], null));
      const after = value(await other.now());
      expect(stored?.at).toBeGreaterThanOrEqual(before);
      expect(after).toBeGreaterThanOrEqual(stored?.at ?? Number.POSITIVE_INFINITY);
    });
  });
}

/** The same JSON text with the keys of every object in the order the journal keeps them. */
function keysSorted(text: string): string {
  return JSON.stringify(JSON.parse(text), (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
