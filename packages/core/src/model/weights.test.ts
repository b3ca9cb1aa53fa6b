import fc from "fast-check";
import { expect, test } from "vitest";
import { sameWeights, type Weights, weightsAt, withoutZeros } from "./weights.ts";

const versions = ["1.0.0", "1.1.0", "2.0.0", "2.0.1"] as const;
const bases = fc
  .dictionary(fc.constantFrom(...versions), fc.integer({ min: 1, max: 100 }), { minKeys: 1 })
  .map((weights): Weights => weights);
const percents = fc.integer({ min: 0, max: 100 });
const sum = (weights: Weights) => Object.values(weights).reduce((total, share) => total + share, 0);

test("shares sum to exactly 100, the new version has its percent, and nothing comes in that was not there", () => {
  fc.assert(
    fc.property(bases, fc.constantFrom(...versions), percents, (base, to, percent) => {
      const weights = weightsAt(base, to, percent);
      expect(sum(weights)).toBe(100);
      expect(Object.keys(base).concat(to)).toEqual(expect.arrayContaining(Object.keys(weights)));
      const elsewhere = Object.keys(base).some((version) => version !== to);
      expect(weights[to] ?? 0).toBe(elsewhere ? percent : 100);
    }),
  );
});

test("the rest is shared as it was, to within a percent for each version beside the largest", () => {
  fc.assert(
    fc.property(bases, percents, (base, percent) => {
      const weights = weightsAt(base, "9.0.0", percent);
      const whole = sum(base);
      const largest = Math.max(...Object.values(base));
      for (const [version, share] of Object.entries(base)) {
        const exact = ((100 - percent) * share) / whole;
        const off = (weights[version] ?? 0) - exact;
        expect(Math.abs(off)).toBeLessThan(share === largest ? versions.length : 1);
      }
    }),
  );
});

test("at nothing it is what it was, at all of it the new version alone, and one version keeps the whole rest", () => {
  const base = { "1.0.0": 30, "2.0.0": 70 };
  expect(sameWeights(weightsAt(base, "2.0.1", 0), base)).toBe(true);
  expect(weightsAt(base, "2.0.1", 100)).toEqual({ "2.0.1": 100 });
  expect(weightsAt({ "2.0.0": 100 }, "2.0.1", 12.5)).toEqual({ "2.0.0": 87.5, "2.0.1": 12.5 });
  expect(weightsAt({ "1.0.0": 50, "2.0.0": 50 }, "2.0.1", 50)).toEqual({
    "1.0.0": 25,
    "2.0.0": 25,
    "2.0.1": 50,
  });
});

test("routes that send alike are the same, whatever their order and their shares of nothing", () => {
  expect(sameWeights({ b: 60, a: 40, c: 0 }, { a: 40, b: 60 })).toBe(true);
  expect(sameWeights({ a: 40, b: 60 }, { a: 60, b: 40 })).toBe(false);
  expect(Object.keys(withoutZeros({ b: 1, a: 99, c: 0 }))).toEqual(["a", "b"]);
});
