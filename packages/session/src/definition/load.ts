import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type Places,
  type Platform,
  type Problem,
  type Release,
  type Result,
  readablePlatform,
  readPlatform,
  readRelease,
} from "@baton/core";
import { checkReleases } from "./check-releases.ts";

/** A release file as read, with the way back from a path in the document to a line in the file. */
export interface LoadedRelease {
  readonly release: Release;
  readonly file: string;
  /** Folder of the release file, relative to the platform folder. */
  readonly folder: string;
  readonly places: Places;
}

/** All that people wrote: the platform and its releases by name. */
export interface Definition {
  readonly platformDir: string;
  readonly platform: Platform;
  readonly releases: ReadonlyMap<string, LoadedRelease>;
}

const missing = (file: string): Problem => ({
  code: "BATON-PLATFORM-MISSING",
  message: `There is no readable ${file}.`,
  remedy: "Run Baton in the folder that holds the platform, or name it with --platform DIR.",
  where: { file },
});

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch {
    return null;
  }
}

async function releaseFolders(platformDir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(platformDir, "releases"), { withFileTypes: true });
    return entries
      .filter((e) => e.isDirectory())
      .map((e) => join("releases", e.name))
      .sort();
  } catch {
    return [];
  }
}

const shown = (file: string): string => relative(process.cwd(), file) || file;

/** Reads every `releases/NAME/release.yaml`, looked at beside the platform as far as that can be read. */
async function readReleases(
  platformDir: string,
  platform: Platform | null,
): Promise<{ readonly releases: readonly LoadedRelease[]; readonly problems: readonly Problem[] }> {
  const releases: LoadedRelease[] = [];
  const problems: Problem[] = [];
  for (const folder of await releaseFolders(platformDir)) {
    const file = join(platformDir, folder, "release.yaml");
    const text = await readIfThere(file);
    if (text === null) continue;
    const read = readRelease(text, shown(file), undefined, platform);
    if (read.ok) {
      releases.push({ release: read.value.document, file: shown(file), folder, places: read.value.places });
    } else problems.push(...read.problems);
  }
  return { releases, problems };
}

/**
 * Reads `platform.yaml` and every `releases/NAME/release.yaml`, and sees that they fit each other; returns the problems of all
 * the files at once. What hangs on the state of the world is left to the plan.
 */
export async function loadDefinition(platformDir: string): Promise<Result<Definition>> {
  const platformFile = join(platformDir, "platform.yaml");
  const text = await readIfThere(platformFile);
  if (text === null) return { ok: false, problems: [missing(shown(platformFile))] };
  const platform = readPlatform(text, shown(platformFile));
  const readable = platform.ok ? platform.value.document : readablePlatform(text);
  const { releases, problems } = await readReleases(platformDir, readable);
  const all = [
    ...(platform.ok ? [] : platform.problems),
    ...problems,
    // While a file cannot be read, nobody knows whether what another one names is there.
    ...(await checkReleases({ platformDir, platform: readable, releases, whole: problems.length === 0 })),
  ];
  if (!platform.ok || all.length > 0) return { ok: false, problems: all };
  const byName = new Map(releases.map((loaded) => [loaded.release.release, loaded]));
  return { ok: true, value: { platformDir, platform: platform.value.document, releases: byName } };
}
