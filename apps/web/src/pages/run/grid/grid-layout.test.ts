import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellAt, cellPlace, layOutGrid, visibleCells, walk } from "./grid-layout.ts";

const rings = fc.array(fc.record({ ring: fc.string(), count: fc.integer({ min: 0, max: 400 }) }), {
  minLength: 1,
  maxLength: 5,
});
const width = fc.integer({ min: 20, max: 1_200 });

describe("the tenants' grid", () => {
  it("gives every cell a place of its own, which leads back to it (property)", () => {
    fc.assert(
      fc.property(rings, width, (sizes, wide) => {
        const layout = layOutGrid(sizes, wide);
        const total = sizes.reduce((sum, { count }) => sum + count, 0);
        for (let at = 0; at < total; at++) {
          const place = cellPlace(layout, at);
          expect(place).not.toBeNull();
          expect(cellAt(layout, (place?.x ?? 0) + 1, (place?.y ?? 0) + 1)).toBe(at);
        }
        expect(cellPlace(layout, total)).toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it("draws exactly the cells whose rows reach into the window (property)", () => {
    fc.assert(
      fc.property(
        rings,
        width,
        fc.nat({ max: 2_000 }),
        fc.integer({ min: 50, max: 500 }),
        (sizes, wide, top, high) => {
          const layout = layOutGrid(sizes, wide);
          const drawn = new Set(
            visibleCells(layout, top, high).flatMap(([from, to]) =>
              Array.from({ length: to - from }, (_, at) => from + at),
            ),
          );
          const total = sizes.reduce((sum, { count }) => sum + count, 0);
          for (let at = 0; at < total; at++) {
            const y = cellPlace(layout, at)?.y ?? 0;
            if (y + layout.cell > top && y < top + high) expect(drawn.has(at)).toBe(true);
            if (y + layout.pitch * 2 < top || y > top + high + layout.pitch * 2)
              expect(drawn.has(at)).toBe(false);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is walked without ever leaving it, and reaches every cell (property)", () => {
    const keys = fc.array(
      fc.constantFrom("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"),
    );
    fc.assert(
      fc.property(rings, width, keys, (sizes, wide, pressed) => {
        const layout = layOutGrid(sizes, wide);
        const total = sizes.reduce((sum, { count }) => sum + count, 0);
        fc.pre(total > 0);
        let at = 0;
        for (const key of pressed) {
          at = walk(layout, at, key) ?? at;
          expect(at >= 0 && at < total).toBe(true);
        }
        at = 0;
        for (let step = 1; step < total; step++) at = walk(layout, at, "ArrowRight") ?? at;
        expect(at).toBe(total - 1);
        expect(walk(layout, at, "Tab")).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});
