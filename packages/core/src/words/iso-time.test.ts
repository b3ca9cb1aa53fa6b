import fc from "fast-check";
import { expect, it } from "vitest";
import { isoTime } from "./iso-time.ts";

it("writes every moment as Date does (property)", () => {
  const moments = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moments, (date) => {
      expect(isoTime(date.getTime())).toBe(date.toISOString());
    }),
    { numRuns: 2_000 },
  );
  for (const text of [
    "2024-02-29T23:59:59.999Z",
    "2000-02-29T00:00:00.000Z",
    "1900-03-01T00:00:00.000Z",
    "1969-12-31T23:59:59.001Z",
  ])
    expect(isoTime(Date.parse(text))).toBe(text);
});
