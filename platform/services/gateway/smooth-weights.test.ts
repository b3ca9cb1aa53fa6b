import fc from "fast-check";
import { expect, test } from "vitest";
import { smoothWeights } from "./smooth-weights.ts";

test("P010: over any 100 choices in a row, each version gets its percent, give or take one", () => {
  const shares = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 0, maxLength: 3 }).map((cuts) => {
    const sorted = [0, ...cuts.sort((a, b) => a - b), 100];
    return Object.fromEntries(sorted.slice(1).map((cut, n) => [`${n}.0.0`, cut - (sorted[n] ?? 0)]));
  });
  fc.assert(
    fc.property(shares, fc.nat({ max: 300 }), (weights, skip) => {
      const next = smoothWeights(weights);
      for (let n = 0; n < skip; n += 1) next();
      const counts: Record<string, number> = {};
      for (let n = 0; n < 100; n += 1) {
        const version = next();
        counts[version] = (counts[version] ?? 0) + 1;
      }
      for (const [version, weight] of Object.entries(weights)) expect(counts[version] ?? 0).toBe(weight);
    }),
  );
});
