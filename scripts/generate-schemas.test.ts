import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedFiles } from "./generate-schemas.ts";

const root = join(import.meta.dirname, "..");

test.each(generatedFiles())(
  "$path is what the code makes now (else: node scripts/node24.mjs scripts/generate-schemas.ts)",
  async ({ path, text }) => {
    expect(await readFile(join(root, path), "utf8")).toBe(text);
  },
);

test("the schema of a release holds the `with` of every step kind", () => {
  const release = generatedFiles().find(({ path }) => path.endsWith("release.schema.json"));
  expect(release?.text).toContain('"const": "tenants.migrate"');
  expect(release?.text).toContain('"drainSeconds"');
});
