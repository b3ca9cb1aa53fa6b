import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { LedgerRecord } from "./ledger-records.ts";
import { PromptBook, type WriteIntent } from "./prompt-book.ts";

const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;

/** The ledger cannot be read or written; traffic without a ledger would prove nothing. */
export class LedgerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LedgerError";
  }
}

/**
 * The file that remembers every write outside the platform, and the book that follows from it. Lines are handed to the
 * operating system before the caller goes on, so that they outlive the kill of this process.
 */
export class Ledger {
  readonly book = new PromptBook();
  readonly #path: string;
  readonly #file: number;
  readonly #found = new Set<string>();
  #seq = 0;
  #counted = { total: 0, failed: 0 };
  #broken: string | null = null;

  /** Opens or makes the file and reads it back. A torn last line is cut off. `now` in milliseconds. Throws `LedgerError` with the line that is damaged. */
  constructor(path: string, now: number) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) this.#readBack(now);
    this.#file = openSync(path, "a", 0o600);
  }

  /** Why nothing can be written any more; null while all is well. */
  get broken(): string | null {
    return this.#broken;
  }

  /** Remembers a write before it is sent, and gives it its number. */
  begin(write: Omit<WriteIntent, "seq">): WriteIntent {
    const intent: WriteIntent = { seq: this.#seq + 1, ...write };
    this.#rememberFound(intent);
    this.#append({ kind: "intent", ...intent });
    this.#seq = intent.seq;
    this.book.begin(intent);
    return intent;
  }

  /** Remembers that the platform has it; only then does it count as acknowledged. */
  acknowledge(intent: WriteIntent, prompt: string, version: number): void {
    this.#append({ kind: "acknowledged", seq: intent.seq, prompt, version, digest: intent.digest });
    this.book.acknowledge(intent, prompt, version);
  }

  /** Requests counted so far, those of earlier processes included. */
  get counted(): { readonly total: number; readonly failed: number } {
    return this.#counted;
  }

  /** Remembers how many requests have ended and failed. */
  count(counted: { readonly total: number; readonly failed: number }): void {
    this.#counted = { total: counted.total, failed: counted.failed };
    this.#append({ kind: "counted", ...this.#counted });
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Before the first write to a prompt that was there already: without what it held, a broken write could not be judged later. */
  #rememberFound(intent: WriteIntent): void {
    const { prompt, tenant } = intent;
    if (prompt === null || this.#found.has(prompt)) return;
    const base = this.book.found(prompt);
    if (base !== null) this.#append({ kind: "found", tenant, prompt, ...base });
    this.#found.add(prompt);
  }

  #append(record: LedgerRecord): void {
    if (this.#broken !== null) throw new LedgerError(this.#broken);
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      for (let sent = 0; sent < line.length; ) sent += writeSync(this.#file, line, sent);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#broken = `the ledger ${this.#path} cannot be written: ${reason}`;
      throw new LedgerError(this.#broken);
    }
  }

  /** Line by line, so that a long ledger needs little memory. */
  #readBack(now: number): void {
    const file = openSync(this.#path, "r+");
    try {
      const open = new Map<number, WriteIntent>();
      const end = readLines(file, (line, number) => this.#replay(line, number, open));
      ftruncateSync(file, end);
      for (const intent of open.values()) this.book.leave(intent, now);
    } finally {
      closeSync(file);
    }
  }

  #replay(line: string, number: number, open: Map<number, WriteIntent>): void {
    const record = parse(line);
    if (record === null) throw new LedgerError(`the ledger ${this.#path} is damaged in line ${number}`);
    if (record.kind === "counted") {
      this.#counted = { total: record.total, failed: record.failed };
      return;
    }
    if (record.kind === "found") {
      this.#found.add(record.prompt);
      this.book.adopt(record.tenant, record.prompt, record.version, record.digest);
      return;
    }
    if (record.kind === "intent") {
      const { kind: _, ...intent } = record;
      open.set(intent.seq, intent);
      this.#seq = Math.max(this.#seq, intent.seq);
      if (intent.prompt !== null) this.#found.add(intent.prompt);
      this.book.begin(intent);
      return;
    }
    const intent = open.get(record.seq);
    if (intent === undefined)
      throw new LedgerError(`the ledger ${this.#path} has no intent for line ${number}`);
    open.delete(record.seq);
    this.#found.add(record.prompt);
    this.book.acknowledge(intent, record.prompt, record.version);
  }
}

function parse(line: string): LedgerRecord | null {
  try {
    const parsed = LedgerRecord.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Hands on every whole line with its number and returns the byte after the last one. */
function readLines(file: number, take: (line: string, number: number) => void): number {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = Buffer.alloc(0);
  let end = 0;
  let number = 0;
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    rest = Buffer.concat([rest, chunk.subarray(0, read)]);
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      number += 1;
      take(rest.subarray(0, at).toString("utf8"), number);
      end += at + 1;
      rest = rest.subarray(at + 1);
    }
  }
  return end;
}
