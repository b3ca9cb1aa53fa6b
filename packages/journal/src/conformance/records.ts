import { describe, expect, it } from "vitest";
import type { JournalPair } from "../conformance.ts";
import { append, event, fresh, value } from "./support.ts";

/** What snapshots, documents and progress promise. */
export function recordLaws(use: () => JournalPair): void {
  describe("snapshots, documents and progress", () => {
    it("keep the newest snapshot, whatever the order they come in", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      expect(value(await journal.loadSnapshot(run))).toBeNull();
      const newest = { position: 20, version: 2, state: { steps: { a: "done" } } };
      value(await journal.saveSnapshot(run, { position: 10, version: 1, state: null }));
      value(await other.saveSnapshot(run, newest));
      value(await journal.saveSnapshot(run, { position: 15, version: 1, state: "late" }));
      expect(value(await journal.loadSnapshot(run))).toEqual(newest);
    });

    it("keep the first document under a hash, byte for byte", async () => {
      const { journal, other } = use();
      const hash = fresh("hash");
      expect(value(await journal.loadDocument(hash))).toBeNull();
      value(await journal.saveDocument(hash, '{ "b": 1,\r\n "a": "é✓" }\n'));
      value(await other.saveDocument(hash, "another"));
      expect(value(await other.loadDocument(hash))).toBe('{ "b": 1,\r\n "a": "é✓" }\n');
    });

    it("keep the last progress of each key of a run", async () => {
      const { journal, other } = use();
      const run = fresh("run");
      expect(value(await journal.loadProgress(run))).toEqual({});
      value(await journal.saveProgress(run, "tenant-1", { done: 1, of: 9 }));
      value(await journal.saveProgress(run, "tenant-2", { done: 2, of: 9 }));
      value(await other.saveProgress(run, "tenant-1", { done: 5, of: 9 }));
      expect(value(await other.loadProgress(run))).toEqual({
        "tenant-1": { done: 5, of: 9 },
        "tenant-2": { done: 2, of: 9 },
      });
    });

    it("cannot be changed through what was given or got", async () => {
      const { journal } = use();
      const run = fresh("run");
      const data = { list: [1] };
      value(await journal.append([append(run, 0, event(data))], null));
      value(await journal.saveSnapshot(run, { position: 1, version: 1, state: data }));
      data.list.push(2);
      expect(value(await journal.read(run))[0]?.data).toEqual({ list: [1] });
      expect(value(await journal.loadSnapshot(run))?.state).toEqual({ list: [1] });
    });
  });
}
