import { expect, test } from "vitest";
import { readRelease } from "../documents/read-release.ts";

const BACKUP = "{ id: backup, kind: tenants.backup, each: tenants, with: { name: before } }";
const migrate = (id: string) =>
  `{ id: ${id}, kind: tenants.migrate, each: tenants, with: { migration: reshape, stage: expand } }`;

/** Codes and places of what is wrong with a release of these phases. */
function found(...phases: readonly (readonly string[])[]): readonly string[] {
  const text = [
    "release: R2",
    "from: R1",
    "title: Sample",
    "channel: Preview",
    "migrations: { reshape: migrations/reshape }",
    "phases:",
    ...phases.flatMap(([head, ...steps]) => [
      `  - ${head}`,
      "    steps:",
      ...steps.map((step) => `      - ${step}`),
    ]),
  ].join("\n");
  const read = readRelease(text, "release.yaml");
  return read.ok ? [] : read.problems.map(({ code, where }) => `${code} ${where?.path}`);
}

// M298: all tenants' databases are backed up before they are migrated.
test("a backup ahead of every migration of the same tenants is right, once for all or ring by ring", () => {
  expect(found(["id: prepare", BACKUP], ["id: ring\n    each: rings", migrate("expand")])).toEqual([]);
  expect(found(["id: ring\n    each: rings", BACKUP, migrate("expand")])).toEqual([]);
});

test("a backup after a migration of the same tenants is refused, in its phase and in a later one, with its place", () => {
  expect(found(["id: ring\n    each: rings", migrate("expand"), BACKUP])).toEqual([
    "BATON-RELEASE-BACKUP phases[0].steps[1].kind",
  ]);
  expect(found(["id: first", migrate("expand")], ["id: second", BACKUP])).toEqual([
    "BATON-RELEASE-BACKUP phases[1].steps[0].kind",
  ]);
  expect(found(["id: a", BACKUP, migrate("expand")], ["id: b", BACKUP, migrate("more")])).toEqual([
    "BATON-RELEASE-BACKUP phases[1].steps[0].kind",
  ]);
});

test("a backup that nothing puts before the migration is refused as well", () => {
  const beside = BACKUP.replace("kind:", "after: [start], kind:");
  const start = "{ id: start, kind: gate.bake, with: { seconds: 1 } }";
  expect(
    found(["id: all", start, beside, migrate("expand").replace("kind:", "after: [start], kind:")]),
  ).toEqual(["BATON-RELEASE-BACKUP phases[0].steps[1].kind"]);
});
