import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadMigration } from "./manifest.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-manifest-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const GOOD = `migration: words
title: Words become numbers
subject: words
count: select 1 as total, 1 as encrypted
stages:
  expand: { sql: expand.sql, undo: undo.sql, observe: "select 1 as present, 1 as expected" }
  switch: { mark: true }
`;

const load = async (text: string | null) => {
  if (text !== null) await writeFile(join(folder, "migration.yaml"), text);
  const loaded = await loadMigration(folder);
  return loaded.ok ? "ok" : loaded.problems.map(({ code, where }) => [code, where?.path ?? null]);
};

test("a migration of any team is read: Baton knows no prompts", async () => {
  for (const file of ["expand.sql", "undo.sql"]) await writeFile(join(folder, file), "select 1");
  expect(await load(GOOD)).toBe("ok");
});

test("a folder without migration.yaml, and files that are not there, are told", async () => {
  expect(await load(null)).toEqual([["BATON-MIGRATION-FOLDER", null]]);
  expect(await load(GOOD)).toEqual([
    ["BATON-MIGRATION-FOLDER", null],
    ["BATON-MIGRATION-FOLDER", null],
  ]);
});

test("unknown fields, wrong values and paths out of the folder are told all at once, with their place", async () => {
  const bad = GOOD.replace("subject: words", "subjekt: words").replace("expand.sql", "../../etc/passwd");
  const problems = await load(bad.replace("mark: true", "mark: yes"));
  expect(problems).toEqual(
    expect.arrayContaining([
      ["BATON-MIGRATION-MANIFEST", "subject"],
      ["BATON-MIGRATION-MANIFEST", "stages.expand.sql"],
      ["BATON-MIGRATION-MANIFEST", "stages.switch.mark"],
      ["BATON-MIGRATION-MANIFEST", null],
    ]),
  );
});

test("what is no YAML is told", async () => {
  expect(await load("a: [")).toEqual([["BATON-MIGRATION-MANIFEST", null]]);
});
