import fc from "fast-check";
import { expect, test } from "vitest";
import type { Backup } from "../ports/backups.ts";
import { expiredBackups } from "./expired-backups.ts";

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

const backup = (file: string, daysOld: number, proven: boolean): Backup => ({
  tenant: "t1",
  name: "nightly",
  file,
  bytes: 1,
  takenAt: NOW - daysOld * DAY,
  about: null,
  proof: proven ? { provenAt: NOW, seconds: 1, tables: 1, rows: 1, digest: "d" } : null,
});
const filesOf = (all: readonly Backup[]): readonly string[] => all.map(({ file }) => file);
const none = new Set<string>();

test("the newest proven ones stay, the others go when they are old enough, the oldest first", () => {
  const all = [1, 13, 15, 20, 30].map((days) => backup(`d${days}`, days, true));
  expect(filesOf(expiredBackups(all, { keep: 2, days: 14 }, NOW, none))).toEqual(["d30", "d20", "d15"]);
  expect(filesOf(expiredBackups(all, { keep: 4, days: 14 }, NOW, none))).toEqual(["d30"]);
  expect(filesOf(expiredBackups(all, { keep: 2, days: 14 }, NOW, new Set(["d20"])))).toEqual(["d30", "d15"]);
});

test("one that is not proven goes only when it is old and a newer one is proven; it takes no other's place", () => {
  const unproven = backup("u", 20, false);
  const policy = { keep: 1, days: 14 };
  expect(expiredBackups([unproven], policy, NOW, none)).toEqual([]);
  expect(expiredBackups([unproven, backup("older", 30, true)], policy, NOW, none)).toEqual([]);
  expect(filesOf(expiredBackups([unproven, backup("newer", 19, true)], policy, NOW, none))).toEqual(["u"]);
});

const some = fc
  .array(fc.record({ days: fc.integer({ min: -2, max: 60 }), proven: fc.boolean(), needed: fc.boolean() }), {
    maxLength: 12,
  })
  .map((ones) => ones.map((one, at) => ({ ...one, backup: backup(`f${at}`, one.days, one.proven) })));
const policies = fc.record({ keep: fc.integer({ min: 1, max: 4 }), days: fc.integer({ min: 1, max: 40 }) });

test("laws: the newest proven never go, nor what is young or needed, nor any while none is proven; a second time nothing is left to go", () => {
  fc.assert(
    fc.property(some, policies, (ones, policy) => {
      const all = ones.map((one) => one.backup);
      const needed = new Set(ones.filter((one) => one.needed).map((one) => one.backup.file));
      const gone = new Set(filesOf(expiredBackups(all, policy, NOW, needed)));
      const left = all.filter(({ file }) => !gone.has(file));
      const proven = (of: readonly Backup[]) => of.filter(({ proof }) => proof !== null).length;
      expect(proven(left)).toBeGreaterThanOrEqual(Math.min(policy.keep, proven(all)));
      if (proven(all) === 0) expect(gone.size).toBe(0);
      for (const { file, takenAt } of all)
        if (needed.has(file) || NOW - takenAt <= policy.days * DAY) expect(gone.has(file)).toBe(false);
      const newest = Math.max(...all.filter(({ proof }) => proof !== null).map(({ takenAt }) => takenAt));
      expect(left.some(({ proof, takenAt }) => proof !== null && takenAt === newest)).toBe(proven(all) > 0);
      expect(expiredBackups(left, policy, NOW, needed)).toEqual([]);
    }),
  );
});
