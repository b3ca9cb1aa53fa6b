import { createHash } from "node:crypto";
import type { InstanceSpec } from "@baton/core";

/** SHA-256, hex, over the spec with all keys sorted: two specs that say the same thing have the same digest. */
export function specDigest(spec: InstanceSpec): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(spec)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
