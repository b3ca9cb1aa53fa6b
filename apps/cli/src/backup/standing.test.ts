import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { standings } from "@baton/session";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backupLines } from "./standing-lines.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2030-01-02T00:00:00Z");

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "baton-standing-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A backup's clear head, and its proof where `seconds` is given; what is sealed is not looked into. */
async function put(subject: string, hoursOld: number, seconds: number | null): Promise<void> {
  const folder =
    subject === "baton" ? join(dir, "backups", "baton") : join(dir, "backups", "tenants", subject);
  await mkdir(folder, { recursive: true });
  const kind = subject === "baton" ? "baton" : "database";
  const header = JSON.stringify({
    format: 1,
    id: "x",
    kind,
    subject,
    name: "nightly",
    database: "d",
    takenAt: NOW - hoursOld * HOUR,
    about: null,
    key: null,
  });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  const bytes = Buffer.concat([Buffer.from("BATONBK1"), length, Buffer.from(header)]);
  const path = join(folder, `nightly.${hoursOld}.backup`);
  await writeFile(path, bytes);
  if (seconds === null) return;
  const proof = {
    format: 1,
    digest: "d",
    bytes: bytes.length,
    provenAt: Date.now() + HOUR,
    seconds,
    tables: 1,
    rows: 1,
  };
  await writeFile(`${path}.proof`, JSON.stringify(proof));
}

const look = (...tenants: readonly string[]) =>
  standings(
    dir,
    tenants.map((id) => ({ id })),
    NOW,
  );

// M054, P021: RPO 24 h, RTO 4 h; red beyond them, and red without a proof.
test("backups are green with a proof that is younger than a day, by the newest that has one", async () => {
  await put("baton", 1, 2);
  await put("t1", 30, 1);
  await put("t1", 23, 3);
  await put("t1", 1, null);
  const seen = await look("t1");
  expect(seen).toMatchObject({
    verdict: "good",
    restoreSeconds: 5,
    tenants: [{ verdict: "good", ageSeconds: 23 * 3600 }],
  });
  expect(backupLines(seen)).toEqual([
    "✓ backups                Baton 1 h ago · 1/1 tenants, oldest 23 h · all back in 5 s when tried",
  ]);
});

test.each([
  ["older than a day", async () => put("t1", 25, 1), "older than 24 hours"],
  ["never restored", async () => put("t1", 1, null), "no backup was proven by a restore"],
  ["not there", async () => {}, "never backed up"],
])("a tenant whose backup is %s is red and named", async (_, prepare, why) => {
  await put("baton", 1, 2);
  await put("t2", 1, 2);
  await prepare();
  const seen = await look("t1", "t2");
  expect(seen.verdict).toBe("bad");
  expect(backupLines(seen)[1]).toBe(`  t1: ${why}`);
});

test("restores that together took longer than four hours are red, however young the backups are", async () => {
  await put("baton", 1, 2);
  await put("t1", 1, 4 * 3600);
  expect(await look("t1")).toMatchObject({ verdict: "bad", tenants: [{ verdict: "good" }] });
});

test("what cannot be read is unknown, never green and never absent", async () => {
  await put("baton", 1, 2);
  await mkdir(join(dir, "backups", "tenants", "t1"), { recursive: true });
  await writeFile(join(dir, "backups", "tenants", "t1", "odd.backup"), "not one of ours");
  const seen = await look("t1");
  expect(seen).toMatchObject({ verdict: "unknown", tenants: [{ verdict: "unknown" }] });
  expect(backupLines(await standings(dir, [{ id: "t1" }], NOW))[0]).toMatch(/^◌/);
  expect(backupLines(null)[0]).toMatch(/^◌ backups .*unknown/);
});
