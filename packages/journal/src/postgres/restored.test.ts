import { type TestDatabase, testDatabase } from "@baton/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { append, codes, event, expectChains, value } from "../conformance/support.ts";
import { createPostgresJournal } from "./postgres-journal.ts";
import { readyRestored, restoredAt } from "./restored.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase("restored");
});
afterEach(() => database.drop());

it("a restored journal says so, its leases are over, and its epochs begin above all that were given since", async () => {
  const journal = value(await createPostgresJournal({ url: database.url }));
  try {
    const held = value(await journal.acquire("run/1", "the old conductor", 60_000));
    const [stored] = value(await journal.append([append("run/1", 0, event(1))], held));
    expect(value(await restoredAt(journal))).toBeNull();

    const ready = value(await readyRestored(database.url, { backup: "b" }));
    expect(ready).toEqual({ position: 1, lastEventAt: stored?.at });
    expect(codes(await journal.append([append("run/1", 1, event(2))], held))).toEqual([
      "BATON-JOURNAL-EPOCH",
    ]);
    const taken = value(await journal.acquire("run/1", "the new conductor", 60_000));
    expect(taken.epoch).toBeGreaterThan(held.epoch + 1_000_000);
    expect(value(await restoredAt(journal))).toBe(2);
    expectChains(value(await journal.read("")));

    // A second restore, of a journal that was restored before.
    value(await readyRestored(database.url, { backup: "c" }));
    expect(value(await journal.acquire("run/1", "yet another", 60_000)).epoch).toBeGreaterThan(
      taken.epoch + 1_000_000,
    );
    expect(value(await restoredAt(journal))).toBe(3);
  } finally {
    await journal.close();
  }
});
