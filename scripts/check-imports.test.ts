import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkImports, importsIn } from "./check-imports.ts";

const folders: string[] = [];

/** A tree of sources under a folder of its own. */
async function plant(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "baton-imports-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

test("this repository keeps the direction of imports and the purity of core", async () => {
  const report = await checkImports(join(import.meta.dirname, ".."));
  expect(report.breaches).toEqual([]);
  expect(report.files).toBeGreaterThan(50);
  expect(report.imports).toBeGreaterThan(100);
});

describe("a planted breach is found, with its line", () => {
  test.each([
    ["core and Node", "packages/core/src/a.ts", 'import { readFile } from "node:fs";'],
    ["core and Node without the prefix", "packages/core/src/a.ts", 'import fs from "fs";'],
    ["core and a dynamic import of Node", "packages/core/src/a.ts", 'const fs = await import("node:fs");'],
    ["core and a library with IO", "packages/core/src/a.ts", 'import { Client } from "pg";'],
    ["core and the journal", "packages/core/src/a.ts", 'import type { Head } from "@baton/journal";'],
    ["an export from above", "packages/actions/src/a.ts", 'export { run } from "@baton/conductor";'],
    ["siblings", "packages/adapters/src/a.ts", 'import { memoryJournal } from "@baton/journal";'],
    [
      "sources and the test kit",
      "packages/conductor/src/a.ts",
      'import { testDatabase } from "@baton/testkit";',
    ],
    ["the platform and Baton", "platform/services/a.ts", 'import { ok } from "@baton/core";'],
    [
      "Baton and the platform",
      "packages/actions/src/a.ts",
      'import { vault } from "@dcoder/platform/shared/vault";',
    ],
    ["a relative way out", "packages/journal/src/a.ts", 'import { ok } from "../../core/src/problem.ts";'],
    ["itself by name", "packages/journal/src/a.ts", 'import { hash } from "@baton/journal/hash";'],
    ["core and randomness", "packages/core/src/a.ts", "const n = Math.random();"],
    ["core and randomness taken apart", "packages/core/src/a.ts", "const { random } = Math;"],
    ["core and randomness by a name", "packages/core/src/a.ts", 'const n = Math["random"]();'],
    ["core and a made function", "packages/core/src/a.ts", 'const f = new Function("return 1");'],
    ["core and a made function without new", "packages/core/src/a.ts", 'const f = Function("return 1");'],
    ["core and eval", "packages/core/src/a.ts", 'const n = eval("1");'],
    ["core and eval at one remove", "packages/core/src/a.ts", 'const n = (0, eval)("1");'],
    ["core and all that is global", "packages/core/src/a.ts", "const now = globalThis.Date.now();"],
    ["a package nobody has spoken of", "packages/unheard/src/a.ts", 'import { ok } from "@baton/core";'],
  ])("%s", async (_, path, statement) => {
    const root = await plant({ [path]: `// first line\n${statement}\n` });
    const report = await checkImports(root);
    expect(report.files).toBe(1);
    expect(report.breaches).toHaveLength(1);
    expect(report.breaches[0]).toMatchObject({ file: path, line: 2 });
  });
});

test("what is allowed passes: libraries in core, Node and the test kit in tests, packages below", async () => {
  const root = await plant({
    "packages/core/src/a.ts": 'import { z } from "zod";\nimport { b } from "./b.ts";\n',
    "packages/core/src/a.test.ts":
      'import "node:fs";\nimport { x } from "@baton/testkit/arbitraries/index";\n',
    "packages/core/src/b.ts":
      "/** As Math.random and eval(text) are not. */\n// nor globalThis\nconst n = Math.max(1, retrieval(2));\n",
    "packages/core/src/b.test.ts": "const n = Math.random();\n",
    "packages/journal/src/a.ts": "const n = Math.random();\n",
    "packages/conductor/src/a.ts": 'import {\n  ok,\n} from "@baton/core";\nimport "@baton/journal";\n',
    "platform/services/a.ts": 'import { Client } from "pg";\n/** import { ok } from "@baton/core"; */\n',
  });
  expect(await checkImports(root)).toEqual({ files: 7, imports: 7, breaches: [] });
});

test("a tree without sources is told by its count, so that silence is no pass", async () => {
  expect(await checkImports(await plant({ "README.md": "nothing" }))).toEqual({
    files: 0,
    imports: 0,
    breaches: [],
  });
});

test("an import over several lines has the line of its specifier", () => {
  expect(importsIn('import {\n  a,\n  b,\n} from "x";\n')).toEqual([{ specifier: "x", line: 4 }]);
});
