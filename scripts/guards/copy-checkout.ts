import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { linkModules } from "./link-modules.ts";

/** A copy of a checkout that may be changed at will. */
export interface Copy {
  readonly dir: string;
  remove(): Promise<void>;
}

/**
 * Copies what git knows of a checkout, and what is new in it and not ignored, as it is on the disk now. Libraries are links to
 * those of the checkout; workspace packages are links within the copy, so that `@baton/core` there is the copy's own.
 */
export async function copyCheckout(root: string): Promise<Copy> {
  const files = await listed(root);
  const dir = await realpath(await mkdtemp(join(tmpdir(), "baton-guards-")));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    for (const file of files) await copyFile(join(root, file), join(dir, file));
    await linkModules(join(root, "node_modules"), join(dir, "node_modules"));
  } catch (error) {
    await remove();
    throw error;
  }
  return { dir, remove };
}

async function listed(root: string): Promise<readonly string[]> {
  const asked = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)("git", asked, options).catch((error: Error) => {
    throw new Error(
      `The guards are tried on a copy of what git knows, and git does not say: ${error.message}`,
    );
  });
  return [...new Set(stdout.split("\0").filter((file) => file !== ""))];
}

async function copyFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { verbatimSymlinks: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error; // git knows it, and it was removed
  });
}
