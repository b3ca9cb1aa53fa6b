import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A log beyond this is set aside, in place of the one that was there: two of them at the most. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** Where the server's log goes: a file for people. Losing a line loses nothing, and one that cannot be written stops nothing. */
export const serverLog = (file: string, limit: number = LIMIT_BYTES) => ({
  write(line: string): void {
    try {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > limit) renameSync(file, `${file}.1`);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      appendFileSync(file, line, { mode: 0o600 });
    } catch {
      // the disk is full, or the folder is gone
    }
  },
});
