import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";

test("law: a percentile is within 1.1 % of the exact one", () => {
  const latencies = fc.array(fc.double({ min: 0.1, max: 100_000, noNaN: true }), {
    minLength: 1,
    maxLength: 400,
  });
  fc.assert(
    fc.property(latencies, fc.constantFrom(0.5, 0.99), (all, share) => {
      const histogram = new Histogram();
      for (const one of all) histogram.add(one);
      const sorted = [...all].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(all.length * share) - 1] ?? Number.NaN;
      const told = histogram.percentile(share) ?? Number.NaN;
      expect(Math.abs(told - exact) / exact).toBeLessThan(0.011);
    }),
  );
});

test("nothing counted is unknown, never 0", () => {
  expect(new Histogram().percentile(0.99)).toBeNull();
});

test("latencies beyond the scale are counted at its ends", () => {
  const histogram = new Histogram();
  histogram.add(0);
  histogram.add(1e9);
  expect(histogram.total).toBe(2);
  expect(histogram.percentile(0.5)).toBeLessThan(0.1);
  expect(histogram.percentile(0.99)).toBeGreaterThan(100_000);
});
