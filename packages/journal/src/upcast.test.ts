import { describe, expect, it } from "vitest";
import { append, codes, event, value } from "./conformance/support.ts";
import { createMemoryJournal } from "./memory/memory-journal.ts";
import { createUpcast, type Upcaster } from "./upcast.ts";

const addUnit: Upcaster = {
  type: "step.timed",
  version: 1,
  up: ({ data }) => ({ type: "step.timed", version: 2, data: { value: data, unit: "s" } }),
};
const rename: Upcaster = {
  type: "step.timed",
  version: 2,
  up: (old) => ({ ...old, type: "step.measured", version: 1 }),
};

describe("upcasting", () => {
  it("brings an old event to its newest shape on reading, step by step, and leaves others alone", async () => {
    const journal = createMemoryJournal({ now: () => 1, upcast: createUpcast([addUnit, rename]) });
    const stored = value(
      await journal.append([append("run/1", 0, event(5, "step.timed"), event(6, "other"))], null),
    );
    const read = value(await journal.read("run/1"));
    expect(read).toMatchObject([
      { type: "step.measured", version: 1, data: { value: 5, unit: "s" }, hash: stored[0]?.hash },
      { type: "other", version: 1, data: 6 },
    ]);
  });

  it("refuses two that take the same events", () => {
    expect(() => createUpcast([addUnit, addUnit])).toThrow("step.timed@1");
  });

  it("tells of an upcaster that goes in a circle instead of hanging", async () => {
    const upcast = createUpcast([{ type: "a", version: 1, up: (old) => old }]);
    const journal = createMemoryJournal({ now: () => 1, upcast });
    value(await journal.append([append("run/1", 0, event(1, "a"))], null));
    expect(codes(await journal.read("run/1"))).toEqual(["BATON-JOURNAL-DAMAGED"]);
  });
});
