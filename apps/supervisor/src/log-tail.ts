import { open } from "node:fs/promises";
import { type Problem, redact } from "@baton/core";
import { asidePath } from "./set-aside.ts";

const TAIL_BYTES = 64 * 1024;

/**
 * The last lines of a log from byte `from` on, secrets removed; where it was set aside since, with the end of what was. Empty
 * where there is no log.
 */
export async function logTail(
  path: string,
  lines: number,
  secrets: readonly string[],
  from = 0,
): Promise<readonly string[]> {
  const newest = await endOf(path, from);
  if (newest === null) return [];
  const older = newest.size < from ? ((await endOf(asidePath(path), from))?.text ?? "") : "";
  const all = `${older}${newest.text}`.split("\n").filter((line) => line.trim() !== "");
  return all.slice(-lines).map((line) => redact(line, secrets));
}

/** The end of a file from a byte on, all of its end where it is shorter; null where it cannot be read. */
async function endOf(path: string, from: number): Promise<{ text: string; size: number } | null> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const start = Math.max(from > size ? 0 : from, size - TAIL_BYTES, 0);
      const buffer = Buffer.alloc(size - start);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return { text: buffer.toString("utf8", 0, bytesRead), size };
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** The last problem that a program of Baton's own said, as a JSON line or as a line `BATON-CODE message`; null where none did. */
export function loggedProblem(tail: readonly string[]): Problem | null {
  for (const line of [...tail].reverse()) {
    const plain = /^(BATON-[A-Z0-9-]+) (.+)$/.exec(line);
    if (plain?.[1] !== undefined && plain[2] !== undefined) {
      return problem(plain[1], plain[2], null);
    }
    try {
      const said: unknown = JSON.parse(line);
      if (said === null || typeof said !== "object") continue;
      const { code, message, remedy, msg } = said as Record<string, unknown>;
      if (typeof code === "string" && code.startsWith("BATON-")) {
        return problem(code, String(message ?? msg ?? code), typeof remedy === "string" ? remedy : null);
      }
    } catch {
      // an ordinary message
    }
  }
  return null;
}

const problem = (code: string, message: string, remedy: string | null): Problem => ({
  code: `BATON-${code.slice("BATON-".length)}`,
  message,
  remedy: remedy ?? "See the log of this program in .baton/logs.",
});
