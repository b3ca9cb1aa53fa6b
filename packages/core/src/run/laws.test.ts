import { freePlans } from "@baton/testkit/arbitraries/index";
import { withUndoFrom } from "@baton/testkit/builders/index";
import { brokenLaws, calm, type Script, scriptsFor, simulate } from "@baton/testkit/simulator/index";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../index.ts";

const anyUndo = () => withUndoFrom(freePlans(), ["instant", "lossless", "inert", "none"]);
const returnable = () => withUndoFrom(freePlans(), ["instant", "lossless", "inert"]);
const runs = (plans: fc.Arbitrary<Plan>, roughness: Parameters<typeof scriptsFor>[1] = {}) =>
  plans.chain((plan) => fc.tuple(fc.constant(plan), scriptsFor(plan, roughness)));

describe("laws of a run, over any plan, fault, crash and rollback", () => {
  it("holds order, limits, intents, parked tenants, replay and ends or says what it waits for", () => {
    fc.assert(
      fc.property(runs(anyUndo(), { stuckUndo: true, rollbacks: 2 }), ([plan, script]) => {
        expect(brokenLaws(simulate(plan, script))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("holds them whatever people say, and whenever: pause, resume, abort, emergency stop, retry, rollback", () => {
    fc.assert(
      fc.property(
        runs(anyUndo(), { stuckUndo: true, rollbacks: 2, verbs: 8, faults: 5 }),
        ([plan, script]) => {
          expect(brokenLaws(simulate(plan, script))).toEqual([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("ends at the old release, whatever was said before the last rollback", () => {
    fc.assert(
      fc.property(runs(returnable(), { verbs: 6, rollbacks: 1 }), ([plan, script]) => {
        const last = 1_000_000;
        const simulation = simulate(plan, { ...script, rollbacksAt: [...script.rollbacksAt, last] });
        expect(brokenLaws(simulation)).toEqual([]);
        expect(simulation.state.ended?.outcome).toBe("rolled-back");
      }),
      { numRuns: 1_000 },
    );
  });

  it("ends at the old release from every reachable state that can be taken back", () => {
    fc.assert(
      fc.property(runs(returnable()), fc.nat({ max: 120 }), ([plan, script], at) => {
        const simulation = simulate(plan, { ...script, rollbacksAt: [at] });
        expect(brokenLaws(simulation)).toEqual([]);
        expect(simulation.state.ended?.outcome).toBe("rolled-back");
      }),
      { numRuns: 1_000 },
    );
  });

  it("goes back at every single moment of one and the same run", () => {
    fc.assert(
      fc.property(runs(returnable(), { rollbacks: 0 }), ([plan, script]) => {
        const length = simulate(plan, { ...script, rollbacksAt: [] }).events.length;
        for (let at = 1; at <= length + 1; at++) {
          const simulation = simulate(plan, { ...script, rollbacksAt: [at] });
          expect(brokenLaws(simulation)).toEqual([]);
          expect(simulation.state.ended?.outcome).toBe("rolled-back");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("succeeds where nothing goes wrong, and touches every unit once", () => {
    fc.assert(
      fc.property(anyUndo(), fc.nat(), (plan, seed) => {
        const simulation = simulate(plan, { ...calm, seed });
        expect(brokenLaws(simulation)).toEqual([]);
        expect(simulation.state.ended?.outcome).toBe("succeeded");
        const keys = simulation.world.operations.map((operation) => operation.key);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 300 },
    );
  });

  it("never takes a crash for a failure: crashes alone change nothing about the end", () => {
    fc.assert(
      fc.property(anyUndo(), fc.array(fc.nat({ max: 80 })), fc.nat(), (plan, crashesAt, seed) => {
        const script: Script = { ...calm, seed, crashesAt };
        const simulation = simulate(plan, script);
        expect(brokenLaws(simulation)).toEqual([]);
        expect(simulation.state.ended?.outcome).toBe("succeeded");
        expect(simulation.events.some(({ event }) => event.type === "effect.failed")).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
