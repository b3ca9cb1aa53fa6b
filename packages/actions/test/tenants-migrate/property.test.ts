import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  placeOf,
  type SealedRow,
  START,
  staleRows,
  writeSealed,
} from "../../../../platform/releases/R2/migrations/encrypt-prompts/rows.ts";
import { engine, type KeyService, makeTenant, startKeys, type TestTenant } from "./fixture.ts";
import { newWrite, oldWrite, places, readAll, staleCount } from "./writers.ts";

let keys: KeyService;
let tenant: TestTenant;
beforeAll(async () => {
  keys = await startKeys();
  tenant = await makeTenant(keys, { prompts: 2 });
  await engine(tenant, keys).upTo("dual-write");
});
afterAll(async () => {
  await tenant.drop();
  await keys.close();
});

/** `read` begins a batch, `write` ends the one read last or first; between them anything may happen. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("old" as const), row: fc.nat(2) }),
  fc.record({ kind: fc.constant("new" as const), row: fc.nat(2) }),
  fc.record({ kind: fc.constant("read" as const), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("write" as const), newest: fc.boolean() }),
);

async function sealBatch(limit: number): Promise<readonly SealedRow[]> {
  const batch: SealedRow[] = [];
  for (const row of await staleRows(tenant.admin, START, limit)) {
    const dek = await keys.vault.dekForBundle(tenant.admin, tenant.id, row.bundle);
    batch.push({ row, sealed: keys.vault.seal(dek, placeOf(tenant.id, row), row.body) });
  }
  return batch;
}

test("M238 any interleaving of R1's writes, R2's writes and batches: what reads as current opens to the newest text", async () => {
  const r1 = await tenant.as("r1");
  const r2 = await tenant.as("r2");
  const all = await places(tenant);
  const texts = new Map<string, string>();
  for (const [at, { text }] of await readAll(tenant, keys.vault)) texts.set(at, text);
  let counter = 0;

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30, size: "max" }), async (steps) => {
      const open: (readonly SealedRow[])[] = [];
      const byNew = new Set<string>();
      for (const one of steps) {
        if (one.kind === "read") open.push(await sealBatch(one.limit));
        else if (one.kind === "write") {
          const batch = one.newest ? open.pop() : open.shift();
          if (batch !== undefined) await writeSealed(tenant.admin, batch);
        } else {
          const place = all[one.row % all.length];
          if (place === undefined) throw new Error("the seed is missing");
          const at = `${place.prompt}/${place.version}`;
          counter += 1;
          const text = `${one.kind} ${counter}`;
          if (one.kind === "old") await oldWrite(r1, place, text);
          else await newWrite(r2, keys.vault, tenant.id, place, text);
          texts.set(at, text);
          if (one.kind === "new") byNew.add(at);
          else byNew.delete(at);
        }
        for (const [at, { text, sealed }] of await readAll(tenant, keys.vault)) {
          expect(text).toBe(texts.get(at));
          if (byNew.has(at)) expect(sealed).toBe(true); // R2's own ciphertext is never made stale by a batch
        }
      }
      for (;;) {
        const batch = await sealBatch(4);
        if (batch.length === 0) break;
        await writeSealed(tenant.admin, batch);
      }
      expect(await staleCount(tenant)).toBe(0);
    }),
    { numRuns: 60 },
  );
});
