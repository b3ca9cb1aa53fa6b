import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GUARDS } from "./guards/all-guards.ts";
import { linkModules } from "./guards/link-modules.ts";
import { withoutGuard } from "./guards/remove-guard.ts";
import { patternOf } from "./guards/run-tests.ts";
import { verdictOf } from "./guards/verdict.ts";

const read = (file: string): Promise<string> => readFile(join(import.meta.dirname, "..", file), "utf8");

/** As a source spells it: in double quotes, or in backticks. */
const spelled = (name: string): RegExp => {
  const text = name.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  return new RegExp(`(?:test|it|law)(?:\\.\\w+)?\\b[^"\`]*?["\`]${text}["\`]|^ *["\`]${text}["\`],$`, "m");
};

describe("the list of guards", () => {
  test("has each name once, and a test for each", () => {
    const names = GUARDS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThan(40);
    for (const { name, protects, edits } of GUARDS) {
      expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
      expect(protects, name).toMatch(/^[A-Z].*\.$/);
      expect(edits.length, name).toBeGreaterThan(0);
    }
  });

  test.each(GUARDS)(
    "$name: its text is in its file exactly once, and its test is where it says",
    async (guard) => {
      const text = await read(guard.file);
      expect(withoutGuard(guard, text)).not.toBe(text);
      expect(guard.test.file).toMatch(/\.test\.ts$/);
      await read(guard.test.file);
      expect(await read(guard.test.writtenIn ?? guard.test.file)).toMatch(spelled(guard.test.name));
    },
  );
});

describe("taking a guard out", () => {
  const guard = { name: "g", file: "a.ts", edits: [{ text: "if (late) return;", replacement: "" }] };

  test("leaves everything else", () => {
    expect(withoutGuard(guard, "a();\nif (late) return;\nb();\n")).toBe("a();\n\nb();\n");
  });

  test.each(["a();", "if (late) return; if (late) return;"])(
    "is refused where the text is not there once: %s",
    (text) => {
      expect(() => withoutGuard(guard, text)).toThrow("out of date");
    },
  );
});

describe("the verdict", () => {
  const ran = { loaded: true, passed: 0, failures: [] as string[], why: "" };

  test.each([
    ["fails", "an assertion", { ...ran, failures: ["AssertionError: expected 1 to be 2\n    at x"] }],
    ["fails", "a law", { ...ran, failures: ["Error: Property failed after 3 tests"] }],
    ["passes", "nothing", { ...ran, passed: 1 }],
    ["broken", "what the edit broke", { ...ran, failures: ["ReferenceError: x is not defined"] }],
    ["broken", "the time that ran out", { ...ran, failures: ["Error: Test timed out in 180000ms."] }],
    ["broken", "a file that does not load", { ...ran, loaded: false, why: "SyntaxError: Unexpected token" }],
  ] as const)("is that it %s by %s", (result, _, outcome) => {
    expect(verdictOf(outcome).result).toBe(result);
  });
});

test("a title with placeholders matches what they stand for, and a title's own signs stand for themselves", () => {
  const matches = (name: string, title: string) => new RegExp(patternOf({ name })).test(title);
  expect(matches("goes %s (at once)", "group goes back (at once)")).toBe(true);
  expect(matches("goes %s (at once)", "group goes back at once")).toBe(false);
  expect(matches("killed $name goes on", "killed in the middle goes on")).toBe(true);
});

test("in a copy a workspace package is the copy's own, and a library the checkout's", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "baton-links-")));
  try {
    const modules = join(folder, "checkout", "node_modules");
    for (const made of ["@baton", "@scope/lib", "lib", ".bin", ".cache"])
      await mkdir(join(modules, made), { recursive: true });
    for (const side of ["checkout", "copy"]) {
      await mkdir(join(folder, side, "packages", "core"), { recursive: true });
      await writeFile(join(folder, side, "packages", "core", "side"), side);
    }
    await symlink("../../packages/core", join(modules, "@baton", "core"));
    const copied = join(folder, "copy", "node_modules");
    await linkModules(modules, copied);
    expect(await readFile(join(copied, "@baton", "core", "side"), "utf8")).toBe("copy");
    for (const library of ["lib", join("@scope", "lib"), ".bin"])
      expect(await realpath(join(copied, library))).toBe(join(modules, library));
    await expect(realpath(join(copied, ".cache"))).rejects.toThrow("ENOENT");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
