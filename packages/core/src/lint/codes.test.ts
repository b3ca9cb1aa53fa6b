import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const core = join(import.meta.dirname, "..");
const reference = join(core, "../../../docs/reference/problems-of-files-and-plans.md");

const codesIn = (text: string): readonly string[] => text.match(/BATON-[A-Z]+(?:-[A-Z]+)+/g) ?? [];

test("every code that reading and planning can give is in the reference, and the reference has no other", async () => {
  const used = new Set<string>();
  for (const folder of ["documents", "lint", "plan", "actions"]) {
    for (const name of await readdir(join(core, folder), { recursive: true })) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      const text = await readFile(join(core, folder, name), "utf8");
      for (const literal of text.match(/"BATON-[A-Z-]+"/g) ?? []) used.add(literal.slice(1, -1));
    }
  }
  expect(used.size).toBeGreaterThan(20);
  const documented = new Set(codesIn(await readFile(reference, "utf8")));
  expect([...documented].sort()).toEqual([...used].sort());
});
