import { join } from "node:path";
import { loadMigration, migrationDigest } from "@baton/actions";
import { catalogue, checkFolders, lintRelease, type Platform, type Problem } from "@baton/core";
import { lineageOf, servicesOf } from "./lineage.ts";
import type { LoadedRelease } from "./load.ts";

/** The releases of a platform as far as they can be read. */
interface Releases {
  readonly platformDir: string;
  readonly platform: Platform | null;
  readonly releases: readonly LoadedRelease[];
  /** Whether every release file could be read. */
  readonly whole: boolean;
}

/** What is wrong between files: names that stand twice, the line of releases, migrations' folders, versions in service before. */
export async function checkReleases(all: Releases): Promise<readonly Problem[]> {
  const byName = new Map(all.releases.map((loaded) => [loaded.release.release, loaded]));
  const problems = [...namedTwice(all.releases), ...brokenLine(all, byName)];
  for (const loaded of all.releases) {
    problems.push(...(await migrationProblems(all.platformDir, loaded)));
    problems.push(...versionProblems(all.platform, loaded, byName));
  }
  return problems;
}

/** Two files with one release: which one is meant cannot be told. */
function namedTwice(releases: readonly LoadedRelease[]): readonly Problem[] {
  return releases.flatMap((loaded, index): Problem[] => {
    const name = loaded.release.release;
    const other = releases.slice(0, index).find((earlier) => earlier.release.release === name);
    if (other === undefined) return [];
    return [
      {
        code: "BATON-RELEASE-DUPLICATE",
        message: `Release \`${name}\` stands twice: here and in ${other.file}.`,
        remedy: "Give one of them another name, or remove it.",
        where: loaded.places("release"),
      },
    ];
  });
}

/** Each release follows one that is there, and none follows itself; each fault once, whoever comes after it. */
function brokenLine(
  { releases, whole }: Releases,
  byName: ReadonlyMap<string, LoadedRelease>,
): readonly Problem[] {
  if (!whole) return [];
  const told = new Map<string, Problem>();
  for (const { release } of releases) {
    const line = lineageOf(byName, release.release);
    for (const problem of line.ok ? [] : line.problems) {
      // A circle reads otherwise from each of its releases.
      const what = problem.code === "BATON-RELEASE-CYCLE" ? problem.code : JSON.stringify(problem.where);
      if (!told.has(what)) told.set(what, problem);
    }
  }
  return [...told.values()];
}

async function migrationProblems(platformDir: string, loaded: LoadedRelease): Promise<readonly Problem[]> {
  const { release, places, folder } = loaded;
  const problems: Problem[] = [];
  const migrations: Record<string, { path: string; digest: string | null }> = {};
  for (const [name, path] of Object.entries(release.migrations)) {
    const at = join(platformDir, folder, path);
    const digest = await migrationDigest(at);
    migrations[name] = { path: join(folder, path), digest };
    const read = digest === null ? null : await loadMigration(at);
    if (read !== null && !read.ok) problems.push(...read.problems);
  }
  return [...checkFolders({ release, migrations, places }), ...problems];
}

/** Versions that a release names must be its own or those in service before it. */
function versionProblems(
  platform: Platform | null,
  { release, places }: LoadedRelease,
  byName: ReadonlyMap<string, LoadedRelease>,
): readonly Problem[] {
  if (platform === null || release.from === undefined) return [];
  const before = servicesOf({ releases: byName }, release.from);
  if (!before.ok) return [];
  const present = Object.fromEntries(
    Object.entries(before.value).map(([name, { version }]) => [name, version]),
  );
  return lintRelease({ release, places, catalogue, platform, present });
}
