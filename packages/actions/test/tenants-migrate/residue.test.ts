import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackups } from "@baton/adapters";
import type { KeysPort, Residue, Retention } from "@baton/core";
import type pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Manifest } from "../../src/tenants-migrate/manifest.ts";
import { measureResidue } from "../../src/tenants-migrate/residue.ts";
import type { StageWork } from "../../src/tenants-migrate/stage.ts";

const DAY = 86_400_000;
const CONTRACTED = Date.parse("2026-11-21T12:00:00Z");

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "baton-residue-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A backup's clear head; what is sealed is not looked into. */
async function put(takenAt: number): Promise<void> {
  const facts = { format: 1, id: "x", kind: "database", subject: "t1", name: "n", database: "d", takenAt };
  const header = Buffer.from(JSON.stringify({ ...facts, about: null, key: null }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  await mkdir(join(dir, "t1"), { recursive: true });
  const bytes = Buffer.concat([Buffer.from("BATONBK1"), length, header]);
  await writeFile(join(dir, "t1", `n.${takenAt}.backup`), bytes);
}

/** What is measured of the tenant's backups under this retention; nothing else of the work is touched. */
async function backupsLeft(retention: Retention | null): Promise<Residue | undefined> {
  const connection = async (): Promise<never> => {
    throw new Error("no connection is wanted");
  };
  const backups = createBackups({ root: dir, keys: {} as KeysPort, retention, connection });
  const manifest = Manifest.parse({
    migration: "m",
    title: "M",
    subject: "rows",
    count: "select 1",
    residue: [{ id: "backups", title: "Backups", backups: true }],
    stages: {},
  });
  const work = { migration: { folder: "", manifest }, tenant: { id: "t1" }, context: { ports: { backups } } };
  const at = new Date(CONTRACTED).toISOString();
  const found = await measureResidue(work as unknown as StageWork, {} as pg.Client, { lsn: null, at });
  return found[0];
}

test("backups from before the contract are there, until the newest of them is as old as the retention says", async () => {
  await put(CONTRACTED - 3 * DAY);
  await put(CONTRACTED - DAY);
  await put(CONTRACTED + DAY);
  expect(await backupsLeft({ keep: 2, days: 14 })).toMatchObject({
    state: "there",
    goneAt: new Date(CONTRACTED + 13 * DAY).toISOString(),
    until: "until each is 14 days old and 2 newer ones are proven, not before",
  });
});

test("without a retention no time is told, and it is said that nothing removes them", async () => {
  await put(CONTRACTED - DAY);
  expect(await backupsLeft(null)).toMatchObject({
    state: "there",
    goneAt: null,
    until: expect.stringContaining("sets no retention"),
  });
});

test("none from before the contract is gone; backups that cannot be read are unknown, never gone", async () => {
  await put(CONTRACTED + DAY);
  expect(await backupsLeft({ keep: 2, days: 14 })).toMatchObject({ state: "gone", goneAt: null });
  await writeFile(join(dir, "t1", "odd.backup"), "not one of ours");
  expect(await backupsLeft({ keep: 2, days: 14 })).toMatchObject({ state: "unknown", goneAt: null });
});
