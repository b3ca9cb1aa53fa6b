/**
 * Takes each guard out of a copy of this checkout and shows that the test named for it fails then.
 * Usage: npm run guards -- [--only NAME,NAME] [--list]
 * Exit code 0: every test fails without its guard. 1: one passes, or could not be tried. 130: it was stopped. docs/guides/guards.md.
 */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { GUARDS } from "./guards/all-guards.ts";
import { copyCheckout } from "./guards/copy-checkout.ts";
import type { Guard } from "./guards/guard.ts";
import { firstUnchanged, type Tried, tryGuard } from "./guards/try-guards.ts";
import type { Verdict } from "./guards/verdict.ts";

const USAGE = "usage: npm run guards -- [--only NAME,NAME] [--list]";

/** What was asked for; wrong options end here with exit code 2. */
function read() {
  const options = {
    only: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function usage(wrong: string): never {
  console.error(`${wrong}\n${USAGE}`);
  process.exit(2);
}

function chosen(only: string | undefined): readonly Guard[] {
  if (only === undefined) return GUARDS;
  const names = only.split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => GUARDS.every((guard) => guard.name !== name));
  if (names.length === 0 || unknown.length > 0)
    usage(`--only: unknown ${unknown.join(", ") || "(none named)"}; --list shows which there are`);
  return GUARDS.filter(({ name }) => names.includes(name));
}

const WORDS: Readonly<Record<Verdict["result"], string>> = {
  fails: "fails without it",
  passes: "PASSES WITHOUT IT",
  broken: "TELLS NOTHING",
};

const width = Math.max(...GUARDS.map(({ name }) => name.length));

function tell({ guard, verdict, seconds }: Tried): void {
  const { file, name } = guard.test;
  console.log(
    `${guard.name.padEnd(width)} -> ${basename(file)} "${name}" -> ${WORDS[verdict.result]} (${seconds.toFixed(0)} s)`,
  );
  console.log(`${" ".repeat(width)}    ${verdict.detail}`);
}

async function tryOne(
  dir: string,
  guard: Guard,
  wrong: ReadonlyMap<string, Verdict>,
  signal: AbortSignal,
): Promise<Tried | null> {
  const verdict = wrong.get(guard.name);
  if (signal.aborted) return null;
  return verdict === undefined ? tryGuard(dir, guard, signal) : { guard, verdict, seconds: 0 };
}

/** Tries the guards one after the other and gives the exit code. */
async function main(guards: readonly Guard[], signal: AbortSignal): Promise<number> {
  const begun = performance.now();
  const copy = await copyCheckout(join(import.meta.dirname, ".."));
  try {
    console.error(`${guards.length} guards; first their tests as they are, in ${copy.dir}`);
    const wrong = await firstUnchanged(copy.dir, guards, signal);
    if (wrong === null) return 130;
    const tried: Tried[] = [];
    for (const guard of guards) {
      const one = await tryOne(copy.dir, guard, wrong, signal);
      if (one === null) return 130;
      tell(one);
      tried.push(one);
    }
    const held = tried.filter(({ verdict }) => verdict.result === "fails").length;
    const minutes = (performance.now() - begun) / 60_000;
    console.log(
      `${held} of ${tried.length} guards: the named test fails without the guard (${minutes.toFixed(1)} min)`,
    );
    return held === tried.length ? 0 : 1;
  } finally {
    await copy.remove();
  }
}

const values = read();
if (values.help) {
  console.log(`${USAGE}\nSee docs/guides/guards.md.`);
} else {
  const guards = chosen(values.only);
  if (values.list)
    for (const { name, protects, file, test } of guards)
      console.log(
        `${name.padEnd(width)} ${protects}\n${" ".repeat(width)} ${file} -> ${test.file} "${test.name}"`,
      );
  else {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
    process.exitCode = await main(guards, stop.signal);
  }
}
