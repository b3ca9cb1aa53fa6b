// Holds the direction of imports and the purity of core: core <- contracts, journal, actions, adapters <- conductor <- session <- apps.
// Usage: node scripts/node24.mjs scripts/check-imports.ts [ROOT]
import { readdir, readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join, posix, sep } from "node:path";

/** An import that breaks a rule, or a word of core that does. */
export interface Breach {
  /** From the root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  /** What is imported, or the word as it stands there. */
  readonly imports: string;
  readonly rule: string;
}

/** What was looked at, so that silence means something. */
export interface ImportReport {
  readonly files: number;
  readonly imports: number;
  readonly breaches: readonly Breach[];
}

/** Packages of this repository that a package's sources may import. A package that is not here may import none. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "packages/core": [],
  "packages/contracts": ["core"],
  "packages/journal": ["core"],
  "packages/actions": ["core"],
  "packages/adapters": ["core"],
  "packages/conductor": ["core", "journal", "actions", "adapters"],
  "packages/session": ["core", "journal", "actions", "adapters", "conductor"],
  "packages/testkit": ["core", "journal", "actions", "adapters", "conductor"],
  "apps/web": ["core", "contracts"],
  "apps/supervisor": ["core", "journal", "actions", "adapters", "conductor"],
  "apps/server": ["core", "contracts", "journal", "actions", "adapters", "conductor", "session"],
  "apps/cli": [
    "core",
    "contracts",
    "journal",
    "actions",
    "adapters",
    "conductor",
    "session",
    "server",
    "supervisor",
  ],
  platform: [],
};

/** What core may use of the outside: libraries that do no IO. */
const CORE_LIBRARIES = ["zod", "yaml", "immutable"];
/** What tests may use besides. */
const TEST_PACKAGES = ["testkit"];

/** Reads every source under the packages, the apps and the platform, and tells each breach. */
export async function checkImports(root: string): Promise<ImportReport> {
  const breaches: Breach[] = [];
  let files = 0;
  let imports = 0;
  for (const unit of await unitsOf(root)) {
    const folder = unit === "platform" ? unit : posix.join(unit, "src");
    for (const file of await sourcesUnder(root, folder)) {
      files += 1;
      const source = await readFile(join(root, file), "utf8");
      if (unit === "packages/core" && !file.endsWith(".test.ts"))
        breaches.push(...impurities(source).map((found) => ({ file, ...found })));
      for (const found of importsIn(source)) {
        imports += 1;
        const rule = brokenRule(unit, file, found.specifier);
        if (rule !== null) breaches.push({ file, line: found.line, imports: found.specifier, rule });
      }
    }
  }
  return { files, imports, breaches };
}

/** `packages/core`, `apps/cli`, …, `platform`. */
async function unitsOf(root: string): Promise<readonly string[]> {
  const groups = await Promise.all(
    ["packages", "apps"].map(async (group) =>
      (await entriesOf(join(root, group)))
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${group}/${entry.name}`),
    ),
  );
  return [...groups.flat().sort(), "platform"];
}

/** A folder that is not there has no entries; any other fault is one. */
async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

async function sourcesUnder(root: string, folder: string): Promise<readonly string[]> {
  const entries = await entriesOf(join(root, ...folder.split("/")));
  const nested = entries.map(async (entry): Promise<readonly string[]> => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory())
      return ["node_modules", "dist"].includes(entry.name) ? [] : sourcesUnder(root, path);
    return /\.(ts|tsx|mts|mjs|js)$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
  return (await Promise.all(nested)).flat().sort();
}

const STATEMENTS = [
  /^[ \t]*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"'\n]+)["']/gm,
  /^[ \t]*import\s*["']([^"'\n]+)["']/gm,
  /\b(?:import|require)\(\s*["'`]([^"'`\n]+)["'`]/g,
];

/** Specifiers a source imports, each with its line: static, for side effects, dynamic, and of types. */
export function importsIn(source: string): readonly { readonly specifier: string; readonly line: number }[] {
  const code = withoutBlockComments(source);
  return STATEMENTS.flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => {
      const specifier = match[1] ?? "";
      const end = (match.index ?? 0) + match[0].length;
      return { specifier, line: code.slice(0, end).split("\n").length };
    }),
  );
}

/** Blanks block comments out, keeping lines: what docstrings say by way of example is no code. */
const withoutBlockComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "));

/** What the linter does not see: members of allowed globals, and code made of text. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  // Also Math taken whole or apart, since what is done with it then cannot be read off.
  [/\bMath\s*\??\.\s*random\b|\bMath\b(?!\s*\.\s*\w)/g, "core has no randomness; take it as a parameter"],
  [/\bnew\s+Function\b|(?<![\w.])Function\s*\(/g, "core makes no code out of text"],
  [/\beval\b/g, "core makes no code out of text"],
  [/\bglobalThis\b/g, "core reaches for nothing around it"],
];

/** Words of a source by which it would cease to be pure, each with its line. Comments on lines of their own are no code. */
function impurities(source: string): readonly Omit<Breach, "file">[] {
  const code = withoutBlockComments(source).replaceAll(/^[ \t]*\/\/.*$/gm, "");
  return IMPURE.flatMap(([pattern, rule]) =>
    [...code.matchAll(pattern)].map((match) => ({
      line: code.slice(0, match.index).split("\n").length,
      imports: match[0],
      rule,
    })),
  );
}

/** The rule an import breaks, in words; null when it is fine. */
function brokenRule(unit: string, file: string, specifier: string): string | null {
  const test = file.endsWith(".test.ts");
  if (specifier.startsWith(".")) {
    const target = posix.normalize(posix.join(posix.dirname(file), specifier));
    return target.startsWith(`${unit}/`)
      ? null
      : "a relative import stays inside its package; use the package's name";
  }
  if (specifier.startsWith("@baton/")) return brokenDirection(unit, specifier, test);
  if (specifier.startsWith("@dcoder/") && unit !== "platform")
    return "Baton does not know the platform it conducts";
  if (unit !== "packages/core" || test) return null;
  if (specifier.startsWith("node:") || builtinModules.includes(specifier))
    return "core is pure: no Node imports";
  const library = specifier.split("/")[0] ?? "";
  return CORE_LIBRARIES.includes(library) ? null : `core uses ${CORE_LIBRARIES.join(", ")} and nothing else`;
}

function brokenDirection(unit: string, specifier: string, test: boolean): string | null {
  const target = specifier.split("/")[1] ?? "";
  const allowed = ALLOWED[unit];
  if (allowed === undefined)
    return `${unit} has no entry in scripts/check-imports.ts; say there what it may import`;
  if (allowed.includes(target)) return null;
  if (test && TEST_PACKAGES.includes(target)) return null;
  if (`packages/${target}` === unit || `apps/${target}` === unit)
    return "a package imports itself by relative paths";
  return unit === "platform"
    ? "the platform imports nothing of Baton"
    : `${unit} may import ${allowed.length === 0 ? "no other package" : allowed.join(", ")}`;
}

if (import.meta.main) {
  const root = process.argv[2] ?? join(import.meta.dirname, "..");
  const { files, imports, breaches } = await checkImports(root);
  for (const breach of breaches) {
    console.error(`${breach.file.replaceAll("/", sep)}:${breach.line}  ${breach.imports}: ${breach.rule}`);
  }
  console.log(`check-imports: looked at ${imports} imports in ${files} files, ${breaches.length} breaches`);
  if (files === 0) console.error("check-imports: found no files to look at, so nothing was checked");
  process.exitCode = files === 0 || breaches.length > 0 ? 1 : 0;
}
