import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

/** Every file that `entry` loads, by its relative imports, and what it imports by name. */
async function reachable(entry: URL): Promise<{ files: Map<string, string>; packages: Set<string> }> {
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const queue = [entry];
  for (let url = queue.pop(); url !== undefined; url = queue.pop()) {
    if (files.has(url.href)) continue;
    const source = await readFile(url, "utf8");
    files.set(url.href, source);
    for (const [, typeOnly, from = ""] of source.matchAll(
      /^(?:import|export)( type)?[^"';]*? from "([^"]+)";$/gms,
    )) {
      if (typeOnly !== undefined) continue;
      if (from.startsWith(".")) queue.push(new URL(from, url));
      else packages.add(from);
    }
  }
  return { files, packages };
}

test("R1's code has no cipher, no vault and no word of ciphertexts; R2's has, so the search finds what it looks for", async () => {
  const r1 = await reachable(new URL("./main.ts", import.meta.url));
  const r2 = await reachable(new URL("../r2/main.ts", import.meta.url));
  const found = (files: Map<string, string>): string[] =>
    [...files]
      .filter(([name, source]) => /cipher|\/vault\/|prompt_deks/i.test(name + source))
      .map(([name]) => name);
  expect(r1.files.size).toBeGreaterThan(15);
  expect(found(r1.files)).toEqual([]);
  expect(found(r2.files).length).toBeGreaterThan(3);
  expect([...r1.packages].sort()).toEqual([
    "fastify",
    "jose",
    "node:crypto",
    "node:fs/promises",
    "pg",
    "prom-client",
    "zod",
  ]);
});
