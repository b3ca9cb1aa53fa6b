import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type Places,
  type Platform,
  type Problem,
  type Release,
  type Result,
  readPlatform,
  readRelease,
} from "@baton/core";

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
  message: `There is no ${file}.`,
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

/** Reads `platform.yaml` and every `releases/NAME/release.yaml`; returns the problems of all the files at once. */
export async function loadDefinition(platformDir: string): Promise<Result<Definition>> {
  const shown = (file: string) => relative(process.cwd(), file) || file;
  const platformFile = join(platformDir, "platform.yaml");
  const text = await readIfThere(platformFile);
  if (text === null) return { ok: false, problems: [missing(shown(platformFile))] };
  const problems: Problem[] = [];
  const platform = readPlatform(text, shown(platformFile));
  if (!platform.ok) problems.push(...platform.problems);
  const releases = new Map<string, LoadedRelease>();
  for (const folder of await releaseFolders(platformDir)) {
    const file = join(platformDir, folder, "release.yaml");
    const body = await readIfThere(file);
    if (body === null) continue;
    const read = readRelease(body, shown(file));
    if (read.ok) {
      const { document, places } = read.value;
      releases.set(document.release, { release: document, file: shown(file), folder, places });
    } else problems.push(...read.problems);
  }
  if (!platform.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { platformDir, platform: platform.value.document, releases } };
}
