import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDigests, migrationDigest } from "../../src/tenants-migrate/digest.ts";
import {
  codeOf,
  engine,
  type KeyService,
  MIGRATION_PATH,
  makeTenant,
  must,
  PLATFORM,
  startKeys,
} from "./fixture.ts";
import { mutatedPlatform } from "./mutated.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.close());

/** A copy of the platform to change; `edit` changes one file of it and gives the way back. */
async function withCopy(
  work: (dir: string, edit: (file: string) => Promise<() => Promise<void>>) => Promise<void>,
): Promise<void> {
  const { dir, remove } = await mutatedPlatform([]);
  try {
    await work(dir, async (file) => {
      const path = join(dir, file);
      const text = await readFile(path, "utf8");
      await writeFile(path, `${text}\n`);
      return () => writeFile(path, text);
    });
  } finally {
    await remove();
  }
}

const APPROVED = [
  `${MIGRATION_PATH}/expand.sql`,
  `${MIGRATION_PATH}/migration.yaml`,
  `${MIGRATION_PATH}/encrypt.ts`,
  "shared/vault/aead.ts",
  "shared/tenant-roles.ts",
  "services/platform-api/core/scram.ts",
];

test("files that are not those of the approved plan are neither performed, undone nor looked at with; restored they are", () =>
  withCopy(async (dir, edit) => {
    const tenant = await makeTenant(keys, { prompts: 2 });
    try {
      const migrate = engine(tenant, keys, dir);
      must(await migrate.before("expand"));
      for (const file of APPROVED) {
        const restore = await edit(file);
        expect(codeOf(await migrate.perform("expand")), file).toBe("BATON-MIGRATION-CHANGED");
        await restore();
      }
      must(await migrate.perform("expand"));
      const restore = await edit(`${MIGRATION_PATH}/expand.undo.sql`);
      expect(codeOf(await migrate.undo("expand", "none"))).toBe("BATON-MIGRATION-CHANGED");
      expect(await migrate.observe("expand")).toBe("unknown");
      expect(await migrate.check("dual-write")).toEqual(["BATON-MIGRATION-CHANGED"]);
      await restore();
      must(await migrate.undo("expand", "none"));
    } finally {
      await tenant.drop();
    }
  }));

test("the digest is of names and bytes, whatever the folder is called; tests do not count", () =>
  withCopy(async (dir, edit) => {
    const folder = join(dir, MIGRATION_PATH);
    const digest = await migrationDigest(folder);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digest).toBe(await migrationDigest(join(PLATFORM, MIGRATION_PATH)));
    await writeFile(join(folder, "some.test.ts"), "");
    await edit("shared/vault/vault.test.ts");
    await edit("shared/api-error.ts");
    expect(await migrationDigest(folder)).toBe(digest);
    await writeFile(join(folder, "some.sql"), "");
    expect(await migrationDigest(folder)).not.toBe(digest);
    expect(await migrationDigest(join(dir, "shared"))).toBeNull();
  }));

test("what was computed once is found stale by a change of the same length with the old time", () =>
  withCopy(async (dir) => {
    const folder = join(dir, MIGRATION_PATH);
    const digests = createDigests();
    const first = await digests(folder);
    expect(await digests(folder)).toBe(first);
    const file = join(folder, "fence.sql");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("revoke", "REVOKE"));
    await utimes(file, new Date(0), new Date(0));
    expect(await digests(folder)).not.toBe(first);
    await writeFile(file, text);
    expect(await digests(folder)).toBe(first);
  }));
