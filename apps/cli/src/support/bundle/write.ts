import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { pack } from "tar-stream";
import type { CleanFile } from "./collect.ts";

const WHY: Readonly<Record<string, string>> = {
  EEXIST: "there is such a file already",
  ENOENT: "its folder is not there",
  ENOTDIR: "a file is in the way of its folder",
  EISDIR: "that is a folder",
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "you may not write there",
  ENOSPC: "the disk is full",
};

/**
 * Writes files into one `.tar.gz`, in a folder of the given name, for its owner to read (0600). The file is there whole or not
 * at all, and none that was there is replaced: `BATON-SUPPORT-OUT`. Gives its size in bytes.
 */
export async function writeBundle(
  file: string,
  folder: string,
  files: readonly CleanFile[],
  now: Date,
): Promise<Result<number>> {
  const draft = `${file}.part`;
  const refused = await outRefusal(file);
  if (refused !== null) return failed(refused);
  try {
    const archive = pack();
    for (const { path, bytes } of files)
      archive.entry({ name: `${folder}/${path}`, mode: 0o600, mtime: now }, bytes);
    archive.finalize();
    await pipeline(archive, createGzip(), createWriteStream(draft, { flags: "wx", mode: 0o600 }));
    await rename(draft, file);
    return ok((await stat(file)).size);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code !== "EEXIST") await rm(draft, { force: true }).catch(() => undefined);
    return failed(notWritten(file, WHY[code] ?? `it cannot be written (${code || String(error)})`));
  }
}

/** Why no bundle can be written there, as far as can be told before: something is there already, or there is no folder. */
export async function outRefusal(file: string): Promise<Problem | null> {
  const there = await stat(file).catch(() => null);
  if (there !== null) return notWritten(file, WHY[there.isDirectory() ? "EISDIR" : "EEXIST"] ?? "");
  const folder = await stat(dirname(file)).catch(() => null);
  return folder?.isDirectory() === true
    ? null
    : notWritten(file, WHY[folder === null ? "ENOENT" : "ENOTDIR"] ?? "");
}

const notWritten = (file: string, why: string): Problem => ({
  code: "BATON-SUPPORT-OUT",
  message: `The bundle cannot be written to ${file}: ${why}.`,
  remedy: "Name another file with --out FILE.",
});
