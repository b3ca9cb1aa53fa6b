import { describe, expect, it } from "vitest";
import type { JournalPair } from "../conformance.ts";
import { append, event, fresh, value } from "./support.ts";

const long = 30_000;

/** What waiting for a change promises. */
export function watchLaws(use: () => JournalPair): void {
  describe("changed", () => {
    it("answers at once when something is there already", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      const [stored] = value(await journal.append([append(`${run}/units/1`, 0, event(1))], null));
      const position = stored?.position ?? 0;
      expect(await other.changed(run, position - 1, long)).toBe(true);
      expect(await other.changed(run, position, 20)).toBe(false);
    });

    it("is woken by an append of another process below the prefix, and by no other", async () => {
      const { journal, other } = use();
      const [run, elsewhere] = [fresh("run"), fresh("run")];
      const woken = journal.changed(run, 0, long);
      const control = new AbortController();
      const undisturbed = journal.changed(`${run}-not`, 0, long, control.signal);
      value(await other.append([append(elsewhere, 0, event(1))], null));
      value(await other.append([append(`${run}/control`, 0, event(1))], null));
      expect(await woken).toBe(true);
      control.abort();
      expect(await undisturbed).toBe(false);
    });

    it("wakes all who wait, one append after the other", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      let position = 0;
      for (const n of [1, 2, 3, 4, 5]) {
        const waiting = [1, 2, 3].map(() => journal.changed(run, position, long));
        const stored = value(await other.append([append(run, n - 1, event(n))], null));
        expect(await Promise.all(waiting)).toEqual([true, true, true]);
        position = stored[0]?.position ?? 0;
      }
    });

    it("wakes those below any of the streams when a batch names very many", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      const woken = journal.changed(`${run}/units/150`, 0, long);
      const batch = Array.from({ length: 200 }, (_, n) => append(`${run}/units/${n}`, 0, event(n)));
      value(await other.append(batch, null));
      expect(await woken).toBe(true);
    });

    it("gives up when told to", async () => {
      const { journal } = use();
      const control = new AbortController();
      const waiting = journal.changed(fresh("run"), 0, long, control.signal);
      control.abort();
      expect(await waiting).toBe(false);
      expect(await journal.changed(fresh("run"), 0, long, AbortSignal.abort())).toBe(false);
    });
  });
}
