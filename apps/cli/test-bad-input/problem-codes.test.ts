import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));
const REFERENCE = "docs/reference/problems.md";

/** Not what a user can meet: tests' own worlds, and the pattern in the comment of `Problem`. */
const NOT_SHIPPED = /\/(testkit|conformance|testing|dist|node_modules)\/|\.test\.ts$/;
const PATTERN = "BATON-AREA-WHAT";

/** Codes in a text; a comment may shorten the later ones of an area to `-WHAT`. */
function codesIn(text: string): readonly string[] {
  let area = "";
  return [...text.matchAll(/(BATON-[A-Z]+)-([A-Z]+(?:-[A-Z]+)*)|`-([A-Z]+(?:-[A-Z]+)*)`/g)].map(
    ([, named, what, short]) => {
      area = named ?? area;
      return `${area}-${what ?? short}`;
    },
  );
}

async function sources(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const group of ["apps", "packages"])
    for (const name of await readdir(join(CHECKOUT, group)))
      for (const part of ["src", "bin"]) {
        const folder = join(group, name, part);
        const files = await readdir(join(CHECKOUT, folder), { recursive: true }).catch(() => []);
        found.push(...files.map((file) => join(folder, file)).filter((file) => /\.(ts|tsx|mjs)$/.test(file)));
      }
  return found.filter((file) => !NOT_SHIPPED.test(`/${file}`));
}

test("every code that Baton can say is in the reference with its cause and what to do, and no other", async () => {
  const files = await sources();
  expect(files.length).toBeGreaterThan(200);
  const texts = await Promise.all(files.map((file) => readFile(join(CHECKOUT, file), "utf8")));
  const used = new Set([...texts.flatMap(codesIn), "BATON-INTERNAL"].filter((code) => code !== PATTERN));
  const rows = (await readFile(join(CHECKOUT, REFERENCE), "utf8"))
    .split("\n")
    .filter((line) => line.startsWith("| `BATON-"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const documented = rows.map(([, code]) => (code ?? "").replaceAll("`", ""));
  expect(documented.filter((code, at) => documented.indexOf(code) !== at)).toEqual([]);
  expect([...documented].sort()).toEqual([...used].sort());
  for (const [, code, cause, remedy] of rows) {
    expect(cause, code).toMatch(/\.$/);
    expect(remedy, code).toMatch(/\.$/);
  }
});
