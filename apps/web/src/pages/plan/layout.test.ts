import { indexPlan } from "@baton/core";
import { freePlans } from "@baton/testkit/arbitraries/index";
import { aPlan } from "@baton/testkit/builders/index";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldedAtFirst, layOut } from "./layout.ts";
import { nearest } from "./nearest-box.ts";

describe("a plan's drawing", () => {
  it("has every step once, none over another, each right of or below what it waits for (property)", () => {
    fc.assert(
      fc.property(freePlans(), (plan) => {
        const index = indexPlan(plan);
        const { boxes, width, height } = layOut(index, new Set());
        expect(boxes.map(({ id }) => id).sort()).toEqual(plan.steps.map(({ id }) => id).sort());
        for (const [at, box] of boxes.entries()) {
          expect(box.x + box.width <= width && box.y + box.height <= height).toBe(true);
          for (const other of boxes.slice(at + 1)) {
            const apart =
              box.x + box.width <= other.x ||
              other.x + other.width <= box.x ||
              box.y + box.height <= other.y ||
              other.y + other.height <= box.y;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  it("draws a folded phase as one box, and its edges to it once", () => {
    const plan = aPlan({
      steps: [{ id: "a.one" }, { id: "b.one", after: ["a.one"] }, { id: "b.two", after: ["a.one"] }],
    });
    const { boxes, edges } = layOut(indexPlan(plan), new Set(["b"]));
    expect(boxes.map(({ id }) => id)).toEqual(["a.one", "phase:b"]);
    expect(edges.map(({ from, to }) => [from, to])).toEqual([["a.one", "phase:b"]]);
  });

  it("stays narrow with a thousand steps: all rings but the first are folded, some above each other", () => {
    const rings = Array.from({ length: 100 }, (_, at) => `ring-${at}`);
    const steps = rings.flatMap((ring, at) =>
      Array.from({ length: 10 }, (_, step) => ({
        id: `${ring}.s${step}`,
        after: step > 0 ? [`${ring}.s${step - 1}`] : at > 0 ? [`${rings[at - 1]}.s9`] : [],
      })),
    );
    const drafted = aPlan({ steps });
    const plan = { ...drafted, phases: drafted.phases.map((phase) => ({ ...phase, ring: phase.id })) };
    const index = indexPlan(plan);
    const { columns, boxes } = layOut(index, foldedAtFirst(index));
    expect(boxes.length).toBe(10 + 99);
    expect(columns.length).toBeLessThan(20);
  });

  it("marks the edges of the critical path, and the place of the point of no return", () => {
    const plan = aPlan({
      steps: [
        { id: "a.slow", seconds: 9 },
        { id: "a.quick", seconds: 1 },
        { id: "b.end", after: ["a.slow", "a.quick"], undo: "none" },
      ],
    });
    const { edges, noReturn } = layOut(indexPlan(plan), new Set());
    expect(edges.filter(({ critical }) => critical).map(({ from }) => from)).toEqual(["a.slow"]);
    expect(noReturn).not.toBeNull();
  });
});

describe("arrow keys", () => {
  const plan = aPlan({
    steps: [{ id: "a.one" }, { id: "a.two", after: ["a.one"] }, { id: "b.one", after: ["a.two"] }],
  });
  const { boxes } = layOut(indexPlan(plan), new Set());

  it("lead to the nearest card in their direction, and nowhere where there is none", () => {
    expect(nearest(boxes, "a.one", "ArrowDown")).toBe("a.two");
    expect(nearest(boxes, "a.one", "ArrowRight")).toBe("b.one");
    expect(nearest(boxes, "b.one", "ArrowLeft")).toBe("a.one");
    expect(nearest(boxes, "a.one", "ArrowUp")).toBeNull();
    expect(nearest(boxes, "a.one", "x")).toBeNull();
  });
});
