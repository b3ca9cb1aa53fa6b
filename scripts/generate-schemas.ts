// Writes what is made from the code: the JSON Schemas for editors and the reference of step kinds.
// Usage: node scripts/node24.mjs scripts/generate-schemas.ts
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { kindsReference, platformSchema, releaseSchema } from "@baton/core";

/** A file that is made from the code. */
export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** Every generated file as it should be now. */
export const generatedFiles = (): readonly GeneratedFile[] => [
  { path: "packages/core/schemas/platform.schema.json", text: asText(platformSchema()) },
  { path: "packages/core/schemas/release.schema.json", text: asText(releaseSchema()) },
  { path: "docs/reference/kinds.md", text: kindsReference() },
];

const asText = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`;

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  for (const { path, text } of generatedFiles()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
