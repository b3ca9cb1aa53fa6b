import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map((e) => (e.isDirectory() ? filesBelow(join(folder, e.name)) : [join(folder, e.name)])),
  );
  return nested.flat();
}

/**
 * SHA-256, hex, over the names and bytes of a migration's files in order of name; tests are left out, they change nothing.
 * Null where there is no such folder or no `migration.yaml` in it.
 */
export async function migrationDigest(folder: string): Promise<string | null> {
  try {
    const files = (await filesBelow(folder)).filter((f) => !f.endsWith(".test.ts")).sort();
    if (!files.includes(join(folder, "migration.yaml"))) return null;
    const hash = createHash("sha256");
    for (const file of files) {
      const bytes = await readFile(file);
      hash.update(`${relative(folder, file)}\0${bytes.length}\0`).update(bytes);
    }
    return hash.digest("hex");
  } catch {
    return null;
  }
}
