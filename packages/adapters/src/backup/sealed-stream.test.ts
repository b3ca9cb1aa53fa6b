import { randomBytes } from "node:crypto";
import { ProblemError } from "@baton/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clearHead, readHead, seal, unseal } from "./sealed-stream.ts";

const CHUNK = 64 * 1024;
const key = randomBytes(32);
const head = clearHead('{"of":"t1"}');

async function* parts(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of source) all.push(part);
  return Buffer.concat(all);
}

const sealed = (plain: Buffer, size = 5_000, with_ = head) => whole(seal(parts(plain, size), key, with_));
const opened = async (file: Buffer, size = 7_000) => whole(unseal(await readHead(parts(file, size)), key));

describe("a sealed stream", () => {
  it("gives back what was sealed, however it was cut into parts, at every length about a chunk's", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.integer({ min: 0, max: 20 }),
          fc.integer({ min: CHUNK - 2, max: CHUNK + 2 }),
          fc.integer({ min: 2 * CHUNK - 2, max: 3 * CHUNK + 2 }),
        ),
        fc.integer({ min: 1_000, max: 200_000 }),
        fc.integer({ min: 1_000, max: 200_000 }),
        async (length, written, read) => {
          const plain = randomBytes(length);
          expect((await opened(await sealed(plain, written), read)).equals(plain)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("refuses by itself what was cut, marked as the end, reordered, doubled, lengthened or given another head", async () => {
    const file = await sealed(randomBytes(3 * CHUNK));
    const [begin, chunk] = [head.length, 5 + CHUNK + 16];
    const at = (n: number) => file.subarray(begin + n * chunk, begin + (n + 1) * chunk);
    const marked = Buffer.from(file.subarray(0, begin + chunk));
    marked[begin] = 1;
    const others = clearHead('{"of":"t2"}');
    const damages: Readonly<Record<string, Buffer>> = {
      "cut between chunks": file.subarray(0, begin + chunk),
      "cut, and the chunk before marked as the last": marked,
      reordered: Buffer.concat([head, at(1), at(0), at(2)]),
      doubled: Buffer.concat([head, at(0), at(0), at(1), at(2)]),
      "without the first": Buffer.concat([head, at(1), at(2)]),
      lengthened: Buffer.concat([file, Buffer.from([0])]),
      "another head": Buffer.concat([others, file.subarray(begin)]),
    };
    for (const [what, bytes] of Object.entries(damages)) {
      const refused = await opened(bytes).catch((error: unknown) => error);
      expect([what, refused instanceof ProblemError && refused.problems[0]?.code]).toEqual([
        what,
        "BATON-BACKUP-DAMAGED",
      ]);
    }
  });
});
