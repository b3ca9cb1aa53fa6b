import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AnchorPort, failed, ok, type Problem, type Result } from "@baton/core";

/**
 * Anchors in a folder, one file a journal, `<name of the journal>.jsonl`: only ever added to, and on disk before an append
 * resolves. The folder belongs where whoever can write to the database cannot write.
 */
export function createAnchorFile(folder: string): AnchorPort {
  const fileOf = (journal: string) => join(folder, `${journal.replaceAll(/[^A-Za-z0-9-]/g, "_")}.jsonl`);
  return {
    place: folder,
    read: (journal) => readAnchorFile(fileOf(journal)),
    append: async (journal, lines) => {
      const file = fileOf(journal);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await append(file, lines);
        return ok(undefined);
      } catch (error) {
        return failed(unwritable(file, error));
      }
    },
  };
}

/** The lines of one anchor's file; null where there is none. */
export async function readAnchorFile(file: string): Promise<Result<readonly string[] | null>> {
  try {
    const text = await readFile(file, "utf8");
    return ok(text.split("\n").filter((line) => line !== ""));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return ok(null);
    return failed({
      code: "BATON-AUDIT-ANCHOR-UNREADABLE",
      message: `The anchor ${file} cannot be read (${codeOf(error)}).`,
      remedy: "See that the disk is there and that you may read the file.",
      where: { file },
    });
  }
}

async function append(file: string, lines: readonly string[]): Promise<void> {
  const handle = await open(file, "a+", 0o600);
  try {
    const { size } = await handle.stat();
    const end = Buffer.alloc(1, "\n");
    if (size > 0) await handle.read(end, 0, 1, size - 1);
    // A line that a crash cut off stays as it is, and the next one begins on a line of its own.
    const start = end.toString() === "\n" ? "" : "\n";
    await handle.appendFile(`${start}${lines.map((line) => `${line}\n`).join("")}`);
    await handle.sync();
    if (size === 0) await syncFolder(dirname(file));
  } finally {
    await handle.close();
  }
}

/** A new file is there after a crash only once its folder is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null); // not every system opens folders
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

const unwritable = (file: string, error: unknown): Problem => ({
  code: "BATON-AUDIT-ANCHOR-UNWRITABLE",
  message: `The anchor ${file} cannot be added to (${codeOf(error)}).`,
  remedy: "Make room or give the right to write. What is missing there is added with the next statement.",
  where: { file },
});
