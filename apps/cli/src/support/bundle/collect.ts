import { createHash } from "node:crypto";
import { type Redactor, redactJson } from "@baton/core";
import type { BundleFile, Collected, Missing, Part } from "./part.ts";

/** How long one part may take; what hangs must not keep the others from being had. */
const PART_MS = 20_000;

/** A file as it goes into the bundle. */
export interface CleanFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** What a bundle holds, what was taken out of it and what it lacks. The bundle's own first file. */
export interface Manifest {
  readonly format: 1;
  readonly createdAt: string;
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
    /** How many secrets were taken out, by what they were. */
    readonly removed: Readonly<Record<string, number>>;
  }[];
  readonly missing: readonly Missing[];
}

/** Gathers all parts, each for itself, and takes the secrets out of every file, its name included. */
export async function collectBundle(
  parts: readonly Part[],
  redactor: Redactor,
  now: Date,
  partMs: number = PART_MS,
): Promise<{ readonly manifest: Manifest; readonly files: readonly CleanFile[] }> {
  const files: CleanFile[] = [];
  const listed: Manifest["files"][number][] = [];
  const missing: Missing[] = [];
  for (const part of parts) {
    const collected = await within(part, partMs);
    missing.push(...collected.missing.map(({ what, why }) => ({ what, why: redactor(why).value })));
    for (const file of collected.files) {
      const { bytes, removed } = cleaned(file, redactor);
      const path = redactor(file.path).value;
      files.push({ path, bytes });
      listed.push({
        path,
        bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        removed,
      });
    }
  }
  const manifest: Manifest = { format: 1, createdAt: now.toISOString(), files: listed, missing };
  return {
    manifest,
    files: [
      { path: "manifest.json", bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) },
      ...files,
    ],
  };
}

async function within(part: Part, ms: number): Promise<Collected> {
  const late = Promise.withResolvers<Collected>();
  const timer = setTimeout(() => late.resolve(absent(part, `it took longer than ${ms / 1000} s`)), ms);
  const collected = part
    .collect()
    .catch((error: unknown) => absent(part, error instanceof Error ? error.message : String(error)));
  try {
    return await Promise.race([collected, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const absent = ({ what }: Part, why: string): Collected => ({ files: [], missing: [{ what, why }] });

function cleaned(
  { content }: BundleFile,
  redactor: Redactor,
): { bytes: Buffer; removed: Readonly<Record<string, number>> } {
  if (content.kind === "text") {
    const { value, removed } = redactor(content.text);
    return { bytes: Buffer.from(value), removed };
  }
  const { value, removed } = redactJson(content.kind === "json" ? content.value : content.values, redactor);
  const text =
    content.kind === "lines" && Array.isArray(value)
      ? value.map((line) => `${JSON.stringify(line)}\n`).join("")
      : `${JSON.stringify(value, null, 2)}\n`;
  return { bytes: Buffer.from(text), removed };
}
