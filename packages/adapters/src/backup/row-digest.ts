import { createHash, hash } from "node:crypto";
import type { EntrySums } from "./frames.ts";

const LINE_FEED = 0x0a;

/** Counts what flows by, and says what it came to. */
export interface Summing {
  add(bytes: Buffer): void;
  sums(): EntrySums;
}

/**
 * Rows of COPY's text format: each ends with a line feed, and a value holds none. The digest is the sum of the rows' hashes, so
 * that the same rows in another order give the same one: PostgreSQL promises none.
 */
export function summingRows(): Summing {
  const sum = new Uint32Array(8);
  let bytes = 0;
  let rows = 0;
  let begun: Buffer | null = null;
  const row = (text: Buffer): void => {
    const own = hash("sha256", text, "buffer");
    for (let word = 0; word < 8; word += 1) sum[word] = (sum[word] ?? 0) + own.readUInt32BE(word * 4);
    rows += 1;
  };
  return {
    add(chunk) {
      bytes += chunk.length;
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
        const part = chunk.subarray(from, end);
        row(begun === null ? part : Buffer.concat([begun, part]));
        begun = null;
        from = end + 1;
      }
      if (from === chunk.length) return;
      const part = chunk.subarray(from);
      begun = begun === null ? Buffer.from(part) : Buffer.concat([begun, part]);
    },
    sums: () => ({
      bytes,
      rows,
      digest: Buffer.from(
        Array.from(sum, (word) => [word >>> 24, word >>> 16, word >>> 8, word]).flat(),
      ).toString("hex"),
    }),
  };
}

/** Plain bytes: SHA-256, no rows. */
export function summingBytes(): Summing {
  const digest = createHash("sha256");
  let bytes = 0;
  return {
    add(chunk) {
      bytes += chunk.length;
      digest.update(chunk);
    },
    sums: () => ({ bytes, rows: 0, digest: digest.copy().digest("hex") }),
  };
}
