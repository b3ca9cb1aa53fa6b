import type { PromptContext } from "./types.ts";

/**
 * Joins fields so that no two different lists give the same bytes: each field is preceded by its length in bytes
 * (32 bits, big-endian).
 */
export function lengthPrefixed(fields: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of fields) {
    const bytes = Buffer.from(field, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** Associated data of one ciphertext: it opens in this place, for this revision and under this DEK only. */
export function promptBinding(format: number, context: PromptContext, dekId: string): Buffer {
  return lengthPrefixed([
    "dcoder-prompt",
    String(format),
    context.tenant,
    context.bundle,
    context.prompt,
    String(context.version),
    context.column,
    context.revision,
    dekId,
  ]);
}

/** Associated data of one wrapped DEK: it unwraps for this tenant, bundle and id only. */
export function dekBinding(tenant: string, bundle: string, dekId: string): Buffer {
  return lengthPrefixed(["dcoder-dek", "1", tenant, bundle, dekId]);
}
