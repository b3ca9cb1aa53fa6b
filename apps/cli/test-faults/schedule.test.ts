import fc from "fast-check";
import { expect, test } from "vitest";
import { cyclePlan, type ScheduleOptions, type StrikableStep } from "./schedule.ts";

const STEPS: readonly StrikableStep[] = [
  "prepare.deploy",
  "a.expand",
  "a.backfill",
  "b.expand",
  "b.switch",
  "contract.plaintext",
].map((id, at) => ({
  id,
  tenants: at === 0 ? ["t1", "t2", "t3"] : ["t1", "t2"],
  effects: at === 0 ? 1 : 2,
  undone: at !== 2,
  behindHold: at === 5,
}));

const options = fc.record({
  seed: fc.nat(),
  number: fc.integer({ min: 1, max: 500 }),
  faults: fc.subarray(["kill", "stop", "down", "lock"], { minLength: 1 }),
  longestMs: fc.integer({ min: 1_000, max: 300_000 }),
});

const drawn = ({ number, ...rest }: { number: number } & Omit<ScheduleOptions, "steps">) =>
  cyclePlan({ ...rest, steps: STEPS }, number);

test("the same seed gives the same cycle, whichever cycles were drawn before it", () => {
  fc.assert(
    fc.property(options, ({ number, ...rest }) => {
      const alone = drawn({ number, ...rest });
      for (let before = 1; before < Math.min(number, 5); before++) drawn({ number: before, ...rest });
      expect(drawn({ number, ...rest })).toEqual(alone);
    }),
  );
});

test("other seeds and other cycles give other schedules", () => {
  const cycles = Array.from({ length: 40 }, (_, n) =>
    drawn({ seed: 1, number: n + 1, faults: ["kill", "down"], longestMs: 9_000 }),
  );
  expect(
    new Set(cycles.map(({ forward, turn, back }) => JSON.stringify({ forward, turn, back }))).size,
  ).toBeGreaterThan(30);
  expect(cycles.some(({ turn }) => turn === null)).toBe(true);
  expect(cycles.some(({ turn }) => turn !== null)).toBe(true);
  expect(cycles.some(({ through }) => through !== null)).toBe(true);
  expect(cycles.filter(({ turn, through }) => turn !== null && through !== null)).toEqual([]);
});

test("each fault strikes an effect that there is, in the run's order, and none behind the point at which it turns, or behind the hold where it stays there", () => {
  const at = (id: string) => STEPS.findIndex((step) => step.id === id);
  fc.assert(
    fc.property(options, (asked) => {
      const { forward, turn, through, back } = drawn(asked);
      const hold = STEPS.findIndex((step) => step.behindHold);
      const end = through !== null ? STEPS.length : turn === null ? hold : at(turn.step);
      for (const { fault, moment, tenant, lastsMs } of [...forward, ...(through ?? []), ...back]) {
        const step = STEPS[at(moment.step)];
        expect(asked.faults).toContain(fault);
        expect(step?.tenants).toContain(tenant);
        expect(moment.nth).toBeGreaterThanOrEqual(1);
        expect(moment.nth).toBeLessThanOrEqual(step?.effects ?? 0);
        expect(at(moment.step)).toBeLessThan(end);
        expect(lastsMs).toBeLessThanOrEqual(asked.longestMs);
      }
      expect(forward.every(({ moment }) => at(moment.step) < hold)).toBe(true);
      expect((through ?? []).every(({ moment }) => at(moment.step) >= hold)).toBe(true);
      const order = forward.map(({ moment }) => at(moment.step));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      const wayBack = back.map(({ moment }) => at(moment.step));
      expect(wayBack).toEqual([...wayBack].sort((a, b) => b - a));
      expect(back.every(({ moment }) => STEPS[at(moment.step)]?.undone === true)).toBe(true);
    }),
  );
});
