import { describe, expect, it } from "vitest";
import { append, codes, event, value } from "../conformance/support.ts";
import { describeJournal } from "../conformance.ts";
import { createMemoryJournal } from "./memory-journal.ts";

describeJournal("The journal in memory", async () => {
  const journal = createMemoryJournal({ now: Date.now });
  return { journal, other: journal, dispose: () => journal.close() };
});

describe("the clock of the journal in memory", () => {
  it("does not go back with the clock it is given", async () => {
    let clock = 1000;
    const journal = createMemoryJournal({ now: () => clock });
    value(await journal.append([append("run/1", 0, event(1))], null));
    clock = 400;
    expect(value(await journal.now())).toBe(1000);
    const [late] = value(await journal.append([append("run/2", 0, event(1))], null));
    expect(late?.at).toBe(1000);
    clock = 2000.7;
    expect(value(await journal.now())).toBe(2000);
  });

  it("lets a dead holder's lease end within a minute when the clock was set back by an hour", async () => {
    let clock = 7_200_000;
    const journal = createMemoryJournal({ now: () => clock });
    value(await journal.acquire("lease", "dead", 10_000));
    clock -= 3_600_000;
    expect(codes(await journal.acquire("lease", "next", 10_000))).toEqual(["BATON-JOURNAL-LEASE-HELD"]);
    clock += 60_001;
    expect(value(await journal.acquire("lease", "next", 10_000)).owner).toBe("next");
  });
});
