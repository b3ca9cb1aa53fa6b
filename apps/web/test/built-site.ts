import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

const ROOT = join(import.meta.dirname, "..");

/** Builds the pages into a folder of their own, so that a test never looks at an older build. */
export async function builtSite(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), "baton-web-"));
  // A test's own environment would build React for those who develop with it.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    await build({ root: ROOT, logLevel: "error", build: { outDir, emptyOutDir: true } });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  return outDir;
}
