import { ok, type Result } from "@baton/core";
import { createDigests } from "./digest.ts";
import { loadMigration, type Migration } from "./manifest.ts";

/**
 * Migrations by their folders, as long as their files are those of `digest`; null where they are not, or no longer. Looks at
 * the files each time; reads the manifest only when one of them has changed. Problems: those of `loadMigration`.
 */
export function createMigrations(): (folder: string, digest: string) => Promise<Result<Migration | null>> {
  const digests = createDigests();
  const known = new Map<string, { readonly digest: string; readonly migration: Migration }>();
  return async (folder, digest) => {
    const last = known.get(folder);
    if (last?.digest === digest && (await digests(folder)) === digest) return ok(last.migration);
    const migration = await loadMigration(folder);
    if (!migration.ok) return migration;
    // After reading it: what was read is what has this digest.
    if ((await digests(folder)) !== digest) return ok(null);
    known.set(folder, { digest, migration: migration.value });
    return migration;
  };
}
