import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";

const MANIFEST = "migration.yaml";

/** The one field of `migration.yaml` that says what belongs to the migration beside its folder. */
const Covering = z.object({ covers: z.array(z.string()).default([]) });

/**
 * SHA-256, hex, over the names and bytes of a migration's files in order of name, and of the files and folders that its
 * `covers` names; tests are left out, they change nothing. Null where the folder, its `migration.yaml` or what it covers
 * cannot be read.
 */
export async function migrationDigest(folder: string): Promise<string | null> {
  try {
    return await digestOf(folder, await filesOf(folder, await readCovers(folder)));
  } catch {
    return null;
  }
}

/**
 * `migrationDigest`, computed anew only when a file of the migration has changed, come or gone since the last time: a look at
 * each file's size and times, so that a thousand tenants can ask at each stage.
 */
export function createDigests(): (folder: string) => Promise<string | null> {
  const known = new Map<string, { readonly stamp: string; readonly digest: Promise<string> }>();
  const covers = new Map<string, { readonly stamp: string; readonly paths: readonly string[] }>();
  const coversOf = async (folder: string): Promise<readonly string[]> => {
    const stamp = await stampOf(join(folder, MANIFEST));
    const last = covers.get(folder);
    if (last?.stamp === stamp) return last.paths;
    const paths = await readCovers(folder);
    covers.set(folder, { stamp, paths });
    return paths;
  };
  return async (folder) => {
    try {
      const files = await filesOf(folder, await coversOf(folder));
      const stamp = (await Promise.all(files.map((file) => stampOf(join(folder, file))))).join("\n");
      const last = known.get(folder);
      if (last?.stamp === stamp) return await last.digest;
      const digest = digestOf(folder, files);
      known.set(folder, { stamp, digest });
      return await digest;
    } catch {
      known.delete(folder);
      return null;
    }
  };
}

async function digestOf(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    const bytes = await readFile(join(folder, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** What the manifest says belongs to the migration beside its folder. */
async function readCovers(folder: string): Promise<readonly string[]> {
  const manifest = parseDocument(await readFile(join(folder, MANIFEST), "utf8"));
  // A manifest that is not valid is told when it is loaded; here it covers nothing more.
  const covering = manifest.errors.length === 0 ? Covering.safeParse(manifest.toJS()) : null;
  return covering?.success ? covering.data.covers : [];
}

/** All files of the migration, relative to its folder, with forward slashes, each once and in order of name. */
async function filesOf(folder: string, covers: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all([folder, ...covers.map((path) => join(folder, path))].map(filesBelow));
  const names = found.flat().map((file) => relative(folder, file).replaceAll(sep, "/"));
  return [...new Set(names)].filter((name) => !name.endsWith(".test.ts")).sort();
}

async function filesBelow(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path);
  return (await Promise.all(entries.map((entry) => filesBelow(join(path, entry))))).flat();
}

async function stampOf(file: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(file, { bigint: true });
  return `${file} ${size} ${mtimeNs} ${ctimeNs} ${ino}`;
}
