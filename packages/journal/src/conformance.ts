import type { Journal } from "@baton/core";
import { afterAll, beforeAll, describe } from "vitest";
import { appendLaws } from "./conformance/append.ts";
import { auditLaws } from "./conformance/audit.ts";
import { concurrencyLaws } from "./conformance/concurrency.ts";
import { leaseLaws } from "./conformance/leases.ts";
import { recordLaws } from "./conformance/records.ts";
import { watchLaws } from "./conformance/watch.ts";

/** A journal under test, and a second way into the same one, as another process has it. */
export interface JournalPair {
  readonly journal: Journal;
  readonly other: Journal;
  /** Closes both and removes what they stood on. */
  dispose(): Promise<void>;
}

/** What every journal promises. Run it on each implementation; all tests of one share a journal, each with names of its own. */
export function describeJournal(name: string, make: () => Promise<JournalPair>): void {
  describe(`${name} keeps the journal's promises`, () => {
    let pair: JournalPair | null = null;
    beforeAll(async () => {
      pair = await make();
    });
    afterAll(() => pair?.dispose());
    const use = (): JournalPair => {
      if (pair === null) throw new Error("the journal was not made");
      return pair;
    };
    appendLaws(use);
    leaseLaws(use);
    recordLaws(use);
    auditLaws(use);
    watchLaws(use);
    concurrencyLaws(use);
  });
}
