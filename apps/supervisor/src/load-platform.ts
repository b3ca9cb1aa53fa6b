import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { failed, ok, type Platform, type Result, readPlatform } from "@baton/core";

/** Reads the platform that lives in this folder. Codes: `BATON-PLATFORM-MISSING` and those of `readPlatform`. */
export async function loadPlatform(platformDir: string): Promise<Result<Platform>> {
  const path = join(platformDir, "platform.yaml");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return failed({
      code: "BATON-PLATFORM-MISSING",
      message: `There is no readable ${path}.`,
      remedy: "Name the folder that holds platform.yaml with --platform.",
    });
  }
  const read = readPlatform(text, path);
  return read.ok ? ok(read.value.document) : read;
}
