import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRun } from "@baton/conductor";
import type { Actor, Journal, Result } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { backupPlaces, type Session } from "@baton/session";
import { aPlan } from "@baton/testkit/builders/index";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Pruned, pruneBackups } from "./prune.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2030-01-31T00:00:00Z");
const ana: Actor = { kind: "person", name: "ana", via: "local account" };

let dir: string;
let journal: Journal;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "baton-prune-"));
  await mkdir(join(dir, "logs"));
  journal = createMemoryJournal({ now: () => NOW });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const folderOf = (subject: string): string =>
  subject === "baton" ? join(dir, "backups", "baton") : join(dir, "backups", "tenants", subject);

/** A backup's clear head, with its proof unless it has none; what is sealed is not looked into. */
async function put(
  subject: string,
  daysOld: number,
  more: { name?: string; run?: string; proven?: boolean } = {},
) {
  const { name = "nightly", run, proven = true } = more;
  const kind = subject === "baton" ? "baton" : "database";
  const facts = { format: 1, id: "x", kind, subject, name, database: "d", takenAt: NOW - daysOld * DAY };
  const header = Buffer.from(
    JSON.stringify({ ...facts, about: run === undefined ? null : { run }, key: null }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  const bytes = Buffer.concat([Buffer.from("BATONBK1"), length, header]);
  await mkdir(folderOf(subject), { recursive: true });
  const path = join(folderOf(subject), `${name}.${daysOld}.backup`);
  await writeFile(path, bytes);
  if (!proven) return;
  const proof = { format: 1, digest: "d", bytes: bytes.length, seconds: 1, tables: 1, rows: 1 };
  await writeFile(`${path}.proof`, JSON.stringify({ ...proof, provenAt: Date.now() + DAY }));
}

const left = async (subject: string): Promise<readonly string[]> =>
  (await readdir(folderOf(subject))).filter((name) => !name.endsWith(".proof")).sort();

const ENVIRONMENT = aPlan({ steps: [{ id: "main.one" }] }).environment;

function prune(
  more: { dryRun?: boolean; subjects?: readonly string[]; journal?: Journal } = {},
): Promise<Pruned> {
  const definition = { platform: { environment: ENVIRONMENT } } as unknown as Session["definition"];
  return pruneBackups({
    session: { journal: more.journal ?? journal, definition, where: { platformDir: dir, stateDir: dir } },
    places: backupPlaces(dir, undefined),
    policy: { keep: 1, days: 14 },
    now: NOW,
    dryRun: more.dryRun ?? false,
    ...(more.subjects === undefined ? {} : { subjects: new Set(more.subjects) }),
  });
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return result.value;
}

test("what is old goes with its proof, of Baton itself and of each tenant, and is logged; a dry run removes nothing", async () => {
  for (const subject of ["baton", "t1", "t2"]) for (const days of [1, 20, 30]) await put(subject, days);
  const would = await prune({ dryRun: true });
  expect(would.removed).toHaveLength(6);
  expect(await left("t1")).toHaveLength(3);
  expect(await readdir(join(dir, "logs"))).toEqual([]);
  expect(await prune({ subjects: ["t1"] })).toMatchObject({
    removed: [{ subject: "t1" }, { subject: "t1" }],
  });
  expect(await left("t2")).toHaveLength(3);
  await prune();
  for (const subject of ["baton", "t1", "t2"])
    expect((await readdir(folderOf(subject))).sort()).toEqual(["nightly.1.backup", "nightly.1.backup.proof"]);
  const lines = (await readFile(join(dir, "logs", "backups.log"), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(6);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    message: "removes a backup",
    subject: "t1",
    takenAt: new Date(NOW - 30 * DAY).toISOString(),
    keep: 1,
    days: 14,
  });
  expect(await prune()).toEqual({ removed: [], problems: [] });
});

test("what an unfinished run made or may restore stays, until the run is over", async () => {
  const plan = aPlan({
    tenants: ["t1"],
    steps: [{ id: "main.back", kind: "tenants.restore", input: { backup: "before" }, units: ["t1"] }],
  });
  const run = value(await openRun({ journal, plan, by: ana, approvedBy: ana }));
  await put("t1", 1);
  await put("t1", 40, { name: "before" });
  await put("t1", 30, { name: "before" });
  await put("t1", 25, { run });
  await put("t1", 26, { run: "another" });
  await prune();
  expect(await left("t1")).toEqual(["before.30.backup", "nightly.1.backup", "nightly.25.backup"]);
  const data = { run, outcome: "succeeded" };
  const events = [{ type: "environment.run-ended", version: 1, data }];
  value(await journal.append([{ stream: `environment/${ENVIRONMENT}`, expectedSeq: null, events }], null));
  await prune();
  expect(await left("t1")).toEqual(["nightly.1.backup"]);
});

test("where backups cannot be read nothing of that tenant goes, and where the runs cannot, nothing at all", async () => {
  for (const subject of ["t1", "t2"]) for (const days of [1, 20]) await put(subject, days);
  await writeFile(join(folderOf("t1"), "odd.backup"), "not one of ours");
  const problem = { code: "BATON-JOURNAL-UNREACHABLE", message: "no", remedy: "" } as const;
  const away = { ...journal, read: async () => ({ ok: false as const, problems: [problem] }) };
  expect(await prune({ journal: away })).toEqual({ removed: [], problems: [problem] });
  const pruned = await prune();
  expect(pruned.problems.map(({ code }) => code)).toEqual(["BATON-BACKUP-DAMAGED"]);
  expect(await left("t1")).toHaveLength(3);
  expect(await left("t2")).toEqual(["nightly.1.backup"]);
});
