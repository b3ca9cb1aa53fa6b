import { ftruncateSync, readSync, renameSync, writeSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";

/** Where what was set aside of a log is; it takes the place of what was there before. */
export const asidePath = (log: string): string => `${log}.1`;
/** What is being copied is called so until it is whole. */
export const asideDraft = (log: string): string => `${asidePath(log)}.draft`;

const PIECE = 64 * 1024;
/** Whoever writes faster than we copy is not run after for ever: then it is cut where it is. */
const ROUNDS = 8;
const LAST_PIECES = 64;

/** What was set aside of a log, and which bytes of it: those from `from` on, behind a line of Baton's own of `header` bytes. */
export interface Aside {
  /** Tells it from what was set aside before and after. */
  readonly identity: string;
  readonly from: number;
  readonly header: number;
  readonly size: number;
}

const DROPPED = /^\{"time":"[^"]+","msg":"older lines were dropped","droppedBytes":(\d+)\}\n/;

/** Reads what was set aside of a log; null where nothing was, or it cannot be read. */
export async function readAside(log: string): Promise<Aside | null> {
  const file = await open(asidePath(log), "r").catch(() => null);
  if (file === null) return null;
  try {
    const { ino, birthtimeMs, size } = await file.stat();
    const start = Buffer.alloc(256);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const found = DROPPED.exec(start.toString("utf8", 0, bytesRead));
    const [header, from] = [found?.[0].length ?? 0, Number(found?.[1] ?? 0)];
    return { identity: `${ino}:${birthtimeMs}`, from, header, size };
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

/** How many bytes are compared to see whether a log still holds what was set aside of it. */
const COMPARED = 4096;

/** Whether a log still holds what was set aside of it: for a moment while it is cut, longer where a kill came between. */
export async function isUncut(log: string, aside: Aside): Promise<boolean> {
  const length = aside.size - aside.header;
  const compared = Math.min(COMPARED, length);
  if (compared <= 0) return false;
  const there = await bytesOf(log, aside.from + length - compared, compared);
  const copy = await bytesOf(asidePath(log), aside.size - compared, compared);
  return there !== null && copy !== null && there.length === compared && there.equals(copy);
}

async function bytesOf(path: string, from: number, length: number): Promise<Buffer | null> {
  const file = await open(path, "r").catch(() => null);
  if (file === null) return null;
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Sets a log aside while its program goes on writing to it (append mode: it writes on at the new end): its newest `keep` bytes
 * are copied beside it under another name, given the name of what was set aside before, and the log is emptied. A kill at any
 * point leaves the log whole or emptied with all of it set aside; the next time makes up for what was left. Only what is
 * written in the instant between the last look and the emptying is lost, or where a program writes faster than can be copied.
 */
export async function setLogAside(path: string, keep: number): Promise<void> {
  const draft = asideDraft(path);
  const log = await open(path, "r+");
  const aside = await open(draft, "w", 0o600);
  try {
    const { size } = await log.stat();
    let at = await lineAt(log, size - keep);
    if (at > 0) await aside.write(droppedLine(at));
    const most = at + 2 * keep;
    for (let round = 0, end = size; round < ROUNDS && at < end; round++) {
      at = await copyTo(log, aside, at, end);
      end = Math.min((await log.stat()).size, most);
      if (end - at <= PIECE) break;
    }
    await aside.datasync();
    // From here on nothing of ours comes between.
    renameSync(draft, asidePath(path));
    copyRest(log.fd, aside.fd, at);
    ftruncateSync(log.fd, 0);
  } finally {
    await Promise.all([log.close(), aside.close()]);
    await rm(draft, { force: true });
  }
}

const droppedLine = (bytes: number): string =>
  `${JSON.stringify({ time: new Date().toISOString(), msg: "older lines were dropped", droppedBytes: bytes })}\n`;

/** Where the first line begins at or behind a byte; the byte itself in a line that is too long. 0 for the log's beginning. */
async function lineAt(log: FileHandle, byte: number): Promise<number> {
  if (byte <= 0) return 0;
  const buffer = Buffer.alloc(PIECE);
  const { bytesRead } = await log.read(buffer, 0, PIECE, byte - 1);
  const found = buffer.subarray(0, bytesRead).indexOf("\n");
  return found < 0 ? byte : byte + found;
}

async function copyTo(from: FileHandle, to: FileHandle, start: number, end: number): Promise<number> {
  const buffer = Buffer.alloc(PIECE);
  let at = start;
  while (at < end) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(PIECE, end - at), at);
    if (bytesRead === 0) break;
    await to.write(buffer, 0, bytesRead);
    at += bytesRead;
  }
  return at;
}

function copyRest(from: number, to: number, start: number): number {
  const buffer = Buffer.alloc(PIECE);
  let at = start;
  for (let piece = 0; piece < LAST_PIECES; piece++) {
    const read = readSync(from, buffer, 0, PIECE, at);
    if (read === 0) break;
    writeSync(to, buffer, 0, read);
    at += read;
  }
  return at;
}
