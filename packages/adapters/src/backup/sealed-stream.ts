import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { ProblemError } from "@baton/core";
import { damaged } from "./problems.ts";

const MAGIC = Buffer.from("BATONBK1");
/** Plain bytes of one chunk. */
const CHUNK = 64 * 1024;
const CHUNK_HEAD = 5;
const TAG = 16;
const LONGEST_HEADER = 1024 * 1024;

/** The clear begin of a file: magic, length, header. Every chunk is bound to it. */
export function clearHead(header: string): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([MAGIC, length, text]);
}

/**
 * Encrypts a stream in chunks, AES-256-GCM. Each chunk is bound to the file's clear head, to its number and to whether it is
 * the last, so that a cut, reordered, doubled or foreign chunk is told. The key must be of this file alone: nonces count.
 */
export async function* seal(
  source: AsyncIterable<Buffer>,
  key: Uint8Array,
  head: Buffer,
): AsyncGenerator<Buffer> {
  const bound = headDigest(head);
  yield head;
  let sequence = 0n;
  let rest: Buffer[] = [];
  let size = 0;
  for await (const part of source) {
    rest.push(part);
    size += part.length;
    if (size <= CHUNK) continue;
    const all = Buffer.concat(rest, size);
    let from = 0;
    // The last bytes stay behind: whether they are the end is known only when no more come.
    for (; all.length - from > CHUNK; from += CHUNK)
      yield sealChunk(all.subarray(from, from + CHUNK), key, bound, sequence++, false);
    rest = [all.subarray(from)];
    size = all.length - from;
  }
  yield sealChunk(Buffer.concat(rest, size), key, bound, sequence, true);
}

function sealChunk(plain: Buffer, key: Uint8Array, bound: Buffer, sequence: bigint, last: boolean): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(sequence), { authTagLength: TAG });
  cipher.setAAD(boundTo(bound, sequence, last));
  const head = Buffer.alloc(CHUNK_HEAD);
  head.writeUInt8(last ? 1 : 0, 0);
  head.writeUInt32BE(plain.length, 1);
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** A sealed file's clear head, and its chunks still to be opened. */
export interface SealedFile {
  readonly header: string;
  readonly head: Buffer;
  readonly chunks: AsyncIterator<Buffer>;
  /** Bytes already read that belong to the chunks. */
  readonly rest: Buffer;
}

/** Reads the clear head. Throws `BATON-BACKUP-DAMAGED` where the file is none of ours. */
export async function readHead(source: AsyncIterable<Buffer>): Promise<SealedFile> {
  const chunks = source[Symbol.asyncIterator]();
  let all: Buffer = Buffer.alloc(0);
  const more = async (size: number): Promise<void> => {
    while (all.length < size) {
      const next = await chunks.next();
      if (next.done === true) throw new ProblemError(damaged("it is too short"));
      all = Buffer.concat([all, next.value]);
    }
  };
  const fixed = MAGIC.length + 4;
  await more(fixed);
  if (!all.subarray(0, MAGIC.length).equals(MAGIC))
    throw new ProblemError(damaged("it does not begin as a backup does"));
  const length = all.readUInt32BE(MAGIC.length);
  if (length > LONGEST_HEADER) throw new ProblemError(damaged("its header is too long"));
  await more(fixed + length);
  return {
    header: all.subarray(fixed, fixed + length).toString("utf8"),
    head: Buffer.from(all.subarray(0, fixed + length)),
    chunks,
    rest: all.subarray(fixed + length),
  };
}

/** The plain stream of a sealed file, each chunk proved before it is given. Throws `BATON-BACKUP-DAMAGED`. */
export async function* unseal(file: SealedFile, key: Uint8Array): AsyncGenerator<Buffer> {
  const bound = headDigest(file.head);
  let rest = file.rest;
  let sequence = 0n;
  let last = false;
  const take = async (size: number): Promise<Buffer | null> => {
    const parts = [rest];
    let have = rest.length;
    while (have < size) {
      const next = await file.chunks.next();
      if (next.done === true) return null;
      parts.push(next.value);
      have += next.value.length;
    }
    const all = parts.length === 1 ? rest : Buffer.concat(parts, have);
    rest = all.subarray(size);
    return all.subarray(0, size);
  };
  while (!last) {
    const head = await take(CHUNK_HEAD);
    if (head === null) throw new ProblemError(damaged("it was cut off"));
    last = head.readUInt8(0) === 1;
    const length = head.readUInt32BE(1);
    if (length > CHUNK) throw new ProblemError(damaged("a chunk of it is too long"));
    const body = await take(length + TAG);
    if (body === null) throw new ProblemError(damaged("it was cut off"));
    yield openChunk(body, key, bound, sequence++, last);
  }
  if ((await take(1)) !== null) throw new ProblemError(damaged("something follows after its end"));
}

function openChunk(body: Buffer, key: Uint8Array, bound: Buffer, sequence: bigint, last: boolean): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(sequence), { authTagLength: TAG });
  decipher.setAAD(boundTo(bound, sequence, last));
  decipher.setAuthTag(body.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(body.subarray(0, -TAG)), decipher.final()]);
  } catch {
    throw new ProblemError(damaged(`chunk ${sequence} is not what was written, or not in its place`));
  }
}

const headDigest = (head: Buffer): Buffer => createHash("sha256").update(head).digest();

function nonceOf(sequence: bigint): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(sequence, 4);
  return nonce;
}

function boundTo(head: Buffer, sequence: bigint, last: boolean): Buffer {
  const place = Buffer.alloc(9);
  place.writeBigUInt64BE(sequence, 0);
  place.writeUInt8(last ? 1 : 0, 8);
  return Buffer.concat([head, place]);
}
