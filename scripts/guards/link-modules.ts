import { mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes a copy's `node_modules` out of links to a checkout's. A link there, or in a scope there, is a workspace package, and relative:
 * made again as it is, it leads to the copy's own package. Everything else is a library and leads to the checkout's.
 */
export async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [there, here] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) await symlink(await readlink(there), here);
    else if (entry.name.startsWith("@")) await linkModules(there, here);
    else if (entry.name === ".bin" || !entry.name.startsWith(".")) await symlink(there, here);
  }
}
