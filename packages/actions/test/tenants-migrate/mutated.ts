import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MIGRATION_PATH, PLATFORM } from "./fixture.ts";

/** A change to one file of the migration's folder. Throws where it changes nothing, lest a test pass for no reason. */
export interface Edit {
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
}

/** A copy of the platform folder, as far as the migration needs it, with the edits made. */
export async function mutatedPlatform(
  edits: readonly Edit[],
): Promise<{ readonly dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "baton-mutant-"));
  for (const part of ["package.json", "shared", "services/platform-api/core/scram.ts", MIGRATION_PATH])
    await cp(join(PLATFORM, part), join(dir, part), { recursive: true });
  for (const { file, from, to } of edits) {
    const path = join(dir, MIGRATION_PATH, file);
    const before = await readFile(path, "utf8");
    const after = before.replace(from, () => to);
    if (after === before) throw new Error(`${file} holds nothing like ${from}`);
    await writeFile(path, after);
  }
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** A Node that writes its process id into a file before it starts, so that a test can end exactly that process. */
export async function notedNode(): Promise<{
  readonly path: string;
  pid(): Promise<number>;
  remove(): Promise<void>;
}> {
  const dir = await mkdtemp(join(tmpdir(), "baton-node-"));
  const path = join(dir, "node");
  await writeFile(path, `#!/bin/sh\necho $$ > "${dir}/pid"\nexec "${process.execPath}" "$@"\n`);
  await chmod(path, 0o755);
  return {
    path,
    pid: async () => Number(await readFile(join(dir, "pid"), "utf8")),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
