import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PLATFORM = fileURLToPath(new URL("../../../platform", import.meta.url));

/** Copies D.Coder to a folder: the files people write are copies, the programs are the checkout's own, where their packages are found. */
export async function copyPlatform(platformDir: string): Promise<void> {
  for (const name of ["platform.yaml", "releases/R1/release.yaml", "releases/R2/release.yaml"]) {
    await mkdir(dirname(join(platformDir, name)), { recursive: true });
    await cp(join(PLATFORM, name), join(platformDir, name));
  }
  for (const name of ["services", "shared", "seed", "workload", "package.json", "releases/R2/migrations"])
    await symlink(join(PLATFORM, name), join(platformDir, name));
}

/** A copy in a folder of its own. */
export interface PlatformCopy {
  readonly dir: string;
  /** Rewrites a file; fails when nothing in it changes. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a copy whose hold bakes for `bakeSeconds`, and is like the original otherwise: nobody waits ten minutes for a test. */
export async function quickHold(bakeSeconds = 2): Promise<PlatformCopy> {
  const root = await mkdtemp(join(tmpdir(), "baton-platform-"));
  const dir = join(root, "platform");
  await copyPlatform(dir);
  const edit: PlatformCopy["edit"] = async (file, change) => {
    const before = await readFile(join(dir, file), "utf8");
    const after = change(before);
    if (after === before) throw new Error(`nothing changed in ${file}`);
    await writeFile(join(dir, file), after);
  };
  await edit("releases/R2/release.yaml", (text) => text.replace("seconds: 600", `seconds: ${bakeSeconds}`));
  return { dir, edit, remove: () => rm(root, { recursive: true, force: true }) };
}
