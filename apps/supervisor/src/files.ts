import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

/** Replaces a file of ours as a whole (mode 0600): after a crash it holds the old text or the new, never a part. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
