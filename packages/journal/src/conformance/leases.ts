import { describe, expect, it } from "vitest";
import type { JournalPair } from "../conformance.ts";
import { append, codes, event, eventually, fresh, value } from "./support.ts";

const long = 60_000;

/** What leases and epochs promise. */
export function leaseLaws(use: () => JournalPair): void {
  describe("leases", () => {
    it("go to one owner at a time, who may ask again and keeps the epoch", async () => {
      const { journal, other } = use();
      const name = fresh("lease");
      expect(value(await journal.leaseOf(name))).toBeNull();
      const lease = value(await journal.acquire(name, "one", long));
      expect(lease).toMatchObject({ name, owner: "one" });
      expect(lease.epoch).toBeGreaterThan(0);
      expect(lease.expiresAt).toBeGreaterThan(value(await journal.now()));
      expect(lease.since).toBeLessThanOrEqual(value(await journal.now()));
      expect(await other.acquire(name, "two", long)).toMatchObject({
        problems: [{ code: "BATON-JOURNAL-LEASE-HELD", details: { owner: "one", lease: name } }],
      });
      const again = value(await journal.acquire(name, "one", long));
      expect(again).toMatchObject({ epoch: lease.epoch, since: lease.since });
      expect(value(await other.leaseOf(name))).toMatchObject({ owner: "one", epoch: lease.epoch });
    });

    it("can be taken by another owner after their end, with a higher epoch that fences the one before", async () => {
      const { journal, other } = use();
      const name = fresh("lease");
      const run = fresh("run");
      const old = value(await journal.acquire(name, "one", 30));
      const taken = await eventually(() => other.acquire(name, "two", long));
      expect(taken.owner).toBe("two");
      expect(taken.epoch).toBeGreaterThan(old.epoch);
      expect(taken.since).toBeGreaterThanOrEqual(old.since ?? 0);
      expect(await journal.append([append(run, 0, event("zombie"))], old)).toMatchObject({
        problems: [{ code: "BATON-JOURNAL-EPOCH", details: { lease: name, epoch: old.epoch } }],
      });
      expect(codes(await journal.renew(old, long))).toEqual(["BATON-JOURNAL-EPOCH"]);
      expect(codes(await journal.release(old))).toEqual(["BATON-JOURNAL-EPOCH"]);
      const stored = value(await other.append([append(run, 0, event("heir"))], taken));
      expect(stored[0]?.epoch).toBe(taken.epoch);
      expect(value(await journal.read(run)).map((e) => e.data)).toEqual(["heir"]);
    });

    it("let nobody append once they have expired, even when nobody else came", async () => {
      const { journal } = use();
      const lease = value(await journal.acquire(fresh("lease"), "one", 30));
      const run = fresh("run");
      const expired = async () => {
        const result = await journal.append([append(run, null, event(1))], lease);
        return result.ok ? { ok: false as const, problems: [] } : { ok: true as const, value: codes(result) };
      };
      expect(await eventually(expired)).toEqual(["BATON-JOURNAL-EPOCH"]);
      const renewed = value(await journal.renew(lease, long));
      expect(renewed.epoch).toBe(lease.epoch);
      value(await journal.append([append(run, null, event(1))], renewed));
    });

    it("are longer after renew, free at once after release, and never count epochs twice", async () => {
      const { journal, other } = use();
      const name = fresh("lease");
      const lease = value(await journal.acquire(name, "one", 30_000));
      const renewed = value(await journal.renew(lease, long));
      expect(renewed.expiresAt).toBeGreaterThan(lease.expiresAt);
      value(await journal.release(lease));
      expect(codes(await journal.renew(lease, long))).toEqual(["BATON-JOURNAL-EPOCH"]);
      expect(codes(await journal.append([append(fresh("run"), 0, event(1))], lease))).toEqual([
        "BATON-JOURNAL-EPOCH",
      ]);
      const taken = value(await other.acquire(name, "two", long));
      expect(taken.epoch).toBeGreaterThan(lease.epoch);
      const ahead = { name, epoch: taken.epoch + 1 };
      expect(codes(await journal.append([append(fresh("run"), 0, event(1))], ahead))).toEqual([
        "BATON-JOURNAL-EPOCH",
      ]);
    });

    it("count epochs over all leases, so that the holder of a new one outranks every holder before", async () => {
      const { journal, other } = use();
      const first = value(await journal.acquire(fresh("lease"), "one", long));
      const second = value(await other.acquire(fresh("lease"), "two", long));
      expect(second.epoch).toBeGreaterThan(first.epoch);
    });

    it("are not there for who never took one, and do not live for no time", async () => {
      const { journal } = use();
      const name = fresh("lease");
      expect(codes(await journal.append([append(fresh("run"), 0, event(1))], { name, epoch: 1 }))).toEqual([
        "BATON-JOURNAL-EPOCH",
      ]);
      for (const ttl of [0, -1, 0.5, Number.NaN])
        expect(codes(await journal.acquire(name, "one", ttl))).toEqual(["BATON-JOURNAL-INPUT"]);
    });

    it("go to exactly one of many who ask at the same time", async () => {
      const { journal, other } = use();
      const name = fresh("lease");
      const asked = Array.from({ length: 12 }, (_, i) =>
        (i % 2 === 0 ? journal : other).acquire(name, `owner-${i}`, long),
      );
      const results = await Promise.all(asked);
      expect(results.filter((result) => result.ok)).toHaveLength(1);
    });
  });
}
