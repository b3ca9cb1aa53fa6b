import { chmod, chown, cp, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ok, type Result } from "@baton/core";
import type { Binaries } from "./binaries.ts";
import { folderProblem, serverProblem } from "./problems.ts";
import type { Runner } from "./runner.ts";

/** Where the server really runs: for most the folder asked for and npm's programs, else copies an ordinary user can reach. */
export interface Place {
  /** PostgreSQL's data folder. Its parent exists and the runner may write there. */
  readonly data: string;
  readonly binaries: Binaries;
}

/** Holds the folder the data moved to, when the folder asked for is out of the server's reach. */
const moved = (dataDir: string): string => `${dataDir}.moved`;

/** Prepares the folders for this runner. Fails with `BATON-POSTGRES-FOLDER` or `-DISK-FULL`. */
export async function preparePlace(
  dataDir: string,
  binaries: Binaries,
  runner: Runner,
): Promise<Result<Place>> {
  try {
    await mkdir(dirname(dataDir), { recursive: true });
    const asked = join(await realpath(dirname(dataDir)), dataDir.slice(dirname(dataDir).length + 1));
    const foreign = await madeOtherwise(asked, runner);
    if (foreign) return otherwiseProblem(dataDir);
    if (runner.kind !== "user") return ok({ data: asked, binaries });
    const home = await reachableHome(asked, runner);
    const programs = (await reachable(binaries.root)) ? binaries : await copyPrograms(binaries, home);
    return ok({ data: join(home, "data"), binaries: programs });
  } catch (error) {
    return folderProblem(dataDir, error);
  }
}

/** Whether the data lies where only another kind of runner can use it; a new, empty database must not hide it. */
async function madeOtherwise(dataDir: string, runner: Runner): Promise<boolean> {
  const hasMoved = (await stat(moved(dataDir)).catch(() => null)) !== null;
  const isHere = (await stat(join(dataDir, "PG_VERSION")).catch(() => null)) !== null;
  return runner.kind === "user" ? isHere && !hasMoved : hasMoved;
}

const otherwiseProblem = (dataDir: string): Result<never> =>
  serverProblem(
    "BATON-POSTGRES-DATA",
    `The data of ${dataDir} was made by a server that ran as another user than it would now.`,
    "Run Baton as it was run before (user namespaces allowed or not), or begin again with --fresh.",
  );

/** Removes everything a stopped server left: its data, and the folder it moved to, if it did. */
export async function removeData(dataDir: string): Promise<void> {
  const home = await readFile(moved(dataDir), "utf8").catch(() => null);
  if (home !== null) await rm(home, { recursive: true, force: true });
  await rm(moved(dataDir), { force: true });
  await rm(dataDir, { recursive: true, force: true });
}

/** A folder of the runner's own: the one made before, else a new one in the first parent that anybody can enter. */
async function reachableHome(dataDir: string, runner: Runner & { kind: "user" }): Promise<string> {
  const before = await readFile(moved(dataDir), "utf8").catch(() => null);
  if (before !== null && (await isOwn(before, runner.uid))) return before;
  for (const parent of [dirname(dataDir), "/var/lib", "/var/tmp", tmpdir()]) {
    if (!(await reachable(parent))) continue;
    const home = await mkdtemp(join(parent, "baton-postgres-")).catch(() => null);
    if (home === null) continue;
    await chown(home, runner.uid, runner.gid);
    await writeFile(moved(dataDir), home, { mode: 0o600 });
    return home;
  }
  throw new Error("no folder was found that an ordinary user can reach");
}

async function isOwn(folder: string, uid: number): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true && found.uid === uid;
}

/** Whether any user can walk down to this folder. */
async function reachable(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  if (found === null || (found.mode & 0o005) !== 0o005) return false;
  const parent = dirname(folder);
  return parent === folder || (await enterable(parent));
}

async function enterable(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  if (found === null || (found.mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || (await enterable(parent));
}

/** Copies the programs once; a marker written last tells a whole copy from a broken one. */
async function copyPrograms(binaries: Binaries, home: string): Promise<Binaries> {
  const root = join(home, "programs");
  const marker = join(root, "complete");
  const source = await readFile(marker, "utf8").catch(() => null);
  if (source === binaries.root) return { root };
  await rm(root, { recursive: true, force: true });
  await cp(binaries.root, root, { recursive: true, verbatimSymlinks: true });
  await chmod(root, 0o755);
  await writeFile(marker, binaries.root);
  return { root };
}
