import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import {
  appendFile,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../test/fake-platform.ts";
import { keepLogs } from "./keep-logs.ts";
import { logTail } from "./log-tail.ts";
import { asidePath, isUncut, readAside, setLogAside } from "./set-aside.ts";

let dir: string;
let log: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "baton-keep-logs-"));
  log = join(dir, "gateway@1.0.0.log");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const KEEP = 64 * 1024;
const lineOf = (n: number): string => `line ${n} ${"x".repeat(80)}\n`;
const numbersIn = (text: string): readonly number[] =>
  [...text.matchAll(/^line (\d+) x{80}$/gm)].map((found) => Number(found[1]));
const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;

/** Every line there is, as a reader puts the two files together. */
async function allLines(): Promise<readonly number[]> {
  const aside = await readAside(log);
  const held = aside !== null && (await isUncut(log, aside));
  return numbersIn(`${held ? "" : await textOf(asidePath(log))}${await textOf(log)}`);
}

function expectNoGap(numbers: readonly number[], last: number): void {
  expect(numbers.at(-1)).toBe(last);
  const first = numbers[0] ?? 0;
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => first + at));
}

/** A program's own descriptor, as the supervisor opens it. */
function program(): { say(count: number): void; readonly said: number; end(): void } {
  const fd = openSync(log, "a", 0o600);
  let said = 0;
  return {
    say: (count) => {
      for (let i = 0; i < count; i++) writeSync(fd, lineOf(++said));
    },
    get said() {
      return said;
    },
    end: () => closeSync(fd),
  };
}

test("a log is set aside while its program writes: no line is lost or doubled, and it writes on at the new beginning", async () => {
  const writer = program();
  for (let round = 0; round < 5; round++) {
    writer.say(900);
    let done = false;
    const setting = setLogAside(log, KEEP).finally(() => {
      done = true;
    });
    // Between any two steps of the copy.
    while (!done) {
      writer.say(1);
      await new Promise((next) => setImmediate(next));
    }
    await setting;
    expectNoGap(await allLines(), writer.said);
  }
  const before = await sizeOf(log);
  writer.say(1);
  expect(await sizeOf(log)).toBe(before + lineOf(writer.said).length);
  expect((await readdir(dir)).sort()).toEqual(["gateway@1.0.0.log", "gateway@1.0.0.log.1"]);
  expect((await stat(asidePath(log))).mode & 0o777).toBe(0o600);
  writer.end();
});

test("of a log far beyond the limit the newest lines are kept, from a whole line on, and how much was dropped is said", async () => {
  const writer = program();
  writer.say(5_000);
  const size = await sizeOf(log);
  await setLogAside(log, KEEP);
  const kept = await textOf(asidePath(log));
  expectNoGap(numbersIn(kept), 5_000);
  const aside = await readAside(log);
  expect(aside?.from).toBe(size - (kept.length - (aside?.header ?? 0)));
  expect(JSON.parse(kept.split("\n")[0] ?? "")).toMatchObject({ msg: "older lines were dropped" });
  expect(kept.length).toBeLessThan(KEEP + 300);
  writer.end();
});

/** Sets a log aside again and again, until it is killed. */
function setter(): ChildProcess {
  const code = `
    const { setLogAside } = await import(${JSON.stringify(fileURLToPath(new URL("./set-aside.ts", import.meta.url)))});
    const { statSync } = await import("node:fs");
    for (;;) {
      process.stdout.write(".");
      for (let i = 0; i < 50; i++)
        if (statSync(${JSON.stringify(log)}).size > 0) await setLogAside(${JSON.stringify(log)}, ${KEEP * 100});
      await new Promise((next) => setImmediate(next));
    }`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("a kill at any point loses no line, doubles none, and leaves nothing that the next time does not mend", async () => {
  const writer = program();
  for (let round = 0; round < 6; round++) {
    writer.say(2_000 + round * 500);
    const child = setter();
    const ended = once(child, "exit");
    if (child.stdout === null) throw new Error("no output");
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await ended;
    expect((await allLines()).at(-1)).toBe(writer.said);
    expectNoGap(await allLines(), writer.said);
  }
  await setLogAside(log, KEEP);
  expectNoGap(await allLines(), writer.said);
  expect(await readdir(dir)).not.toContain("gateway@1.0.0.log.1.draft");
  writer.end();
});

test("a kill between the new name and the emptying: the log still holds what was set aside, which is told and made up for", async () => {
  const writer = program();
  writer.say(100);
  await copyFile(log, asidePath(log));
  writer.say(50);
  const aside = await readAside(log);
  expect(aside !== null && (await isUncut(log, aside))).toBe(true);
  expectNoGap(await allLines(), 150);
  await setLogAside(log, KEEP);
  writer.say(1);
  expectNoGap(await allLines(), 151);
  expect(await sizeOf(log)).toBe(lineOf(151).length);
  writer.end();
});

test("the keeper sets aside what is too long, removes the oldest logs of programs that run no more, and none that is in use", async () => {
  for (const [at, name] of ["a", "b", "c", "d"].entries()) {
    await writeFile(join(dir, `${name}.log`), "old\n");
    await writeFile(join(dir, `${name}.log.1`), "older\n");
    await utimes(join(dir, `${name}.log`), at + 1, at + 1);
  }
  await writeFile(join(dir, "conductor.log"), "x".repeat(2 * KEEP));
  const writer = program();
  writer.say(2_000);
  let used: ReadonlySet<string> | null = null;
  const said: string[] = [];
  const keeper = keepLogs({
    dir,
    limit: KEEP,
    ended: 2,
    inUse: () => used,
    log: (message) => said.push(message),
  });
  await until(async () => (await sizeOf(log)) === 0, "the log was set aside");
  expect(await sizeOf(join(dir, "a.log"))).toBe(4);
  used = new Set(["a", "gateway@1.0.0"]);
  await until(async () => (await sizeOf(join(dir, "b.log"))) === 0, "the oldest was removed");
  await keeper.stop();
  expect((await readdir(dir)).filter((name) => name.length < 8).sort()).toEqual(
    ["a.log", "a.log.1", "c.log", "c.log.1", "d.log", "d.log.1"].sort(),
  );
  expect(await sizeOf(join(dir, "conductor.log"))).toBe(2 * KEEP);
  expect(said).toEqual(["the log of a program that runs no more was removed"]);
  writer.end();
});

test("the end of a log that was set aside since holds what was set aside of it too", async () => {
  await appendFile(log, "long before\n".repeat(20));
  const from = await sizeOf(log);
  await appendFile(log, "said since\n");
  await setLogAside(log, KEEP);
  expect(await logTail(log, 5, [], from)).toEqual(["said since"]);
  await appendFile(log, "and after\n");
  expect(await logTail(log, 5, [], from)).toEqual(["said since", "and after"]);
});
