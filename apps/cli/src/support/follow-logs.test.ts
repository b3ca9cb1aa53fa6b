import { appendFile, copyFile, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRedactor } from "@baton/core";
import { asidePath } from "@baton/supervisor";
import { setLogAside } from "@baton/supervisor/set-aside";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followLogs } from "./follow-logs.ts";
import { readLogs } from "./read-logs.ts";

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "baton-follow-"));
  await mkdir(join(stateDir, "logs"));
});
afterEach(() => rm(stateDir, { recursive: true }));

const log = (program: string, ...lines: readonly string[]): Promise<void> =>
  appendFile(join(stateDir, "logs", `${program}.log`), lines.map((line) => `${line}\n`).join(""));
const redactor = createRedactor([]);
async function read() {
  const query = { program: null, lines: null, since: null, run: null, wholeLines: true };
  const found = await readLogs(stateDir, query, redactor);
  if (!found.ok) throw new Error(found.problems[0]?.message);
  return found.value;
}
const texts = async (): Promise<readonly string[]> => (await read()).lines.map(({ text }) => text);

/** Follows one log from its present end until it is told to stop; `z` beside it, to know that it has looked. */
async function following(program: string) {
  const before = await read();
  const told: string[] = [];
  const beacons: string[] = [];
  const stop = new AbortController();
  const end = followLogs(
    stateDir,
    (name) => name === program || name === "z",
    before.ends,
    redactor,
    (lines) => {
      for (const { program: name, text } of lines) (name === "z" ? beacons : told).push(text);
    },
    stop.signal,
  );
  /** Resolves when a whole look has begun and ended since: the one that tells the second line began after the first was told. */
  const looked = async (): Promise<void> => {
    for (let n = 0; n < 2; n++) {
      const beacon = `beacon ${beacons.length}`;
      await log("z", beacon);
      await vi.waitUntil(() => beacons.includes(beacon), { timeout: 60_000, interval: 5 });
    }
  };
  return {
    told,
    looked,
    has: (line: string) => vi.waitUntil(() => told.includes(line), { timeout: 60_000, interval: 5 }),
    stop: () => {
      stop.abort();
      return end;
    },
  };
}

test.each([
  ["a copy, the log emptied", "keys", (file: string) => setLogAside(file, 1_000_000)],
  ["a copy of its newest lines", "keys", (file: string) => setLogAside(file, 400)],
  ["the file itself, under another name", "conductor", (file: string) => rename(file, asidePath(file))],
])(
  "following goes on over a log that is set aside as %s: each line once, in order, also one cut in two",
  async (_, program, cut) => {
    const file = join(stateDir, "logs", `${program}.log`);
    await log(program, ...Array.from({ length: 20 }, (_, n) => `before ${n}`));
    const follower = await following(program);
    const said: string[] = [];
    for (let round = 0; round < 4; round++) {
      const lines = Array.from({ length: 15 }, (_, n) => `line ${round}.${n} and some more`);
      await log(program, ...lines.slice(0, 14));
      await appendFile(file, "line ");
      if (round > 1) await follower.looked();
      await cut(file);
      if (round % 2 === 1) await follower.looked();
      await appendFile(file, `${(lines[14] ?? "").slice(5)}\n`);
      said.push(...lines);
      await follower.has(lines[14] ?? "");
    }
    await follower.stop();
    expect(follower.told.filter((line) => !line.includes("older lines were dropped"))).toEqual(said);
  },
);

test("what a kill left both in the log and set aside is shown once, and followed once when it is made up for", async () => {
  const file = join(stateDir, "logs", "keys.log");
  await log("keys", "one", "two");
  await copyFile(file, asidePath(file));
  await log("keys", "three");
  expect(await texts()).toEqual(["one", "two", "three"]);
  const follower = await following("keys");
  await log("keys", "four");
  await setLogAside(file, 1_000);
  await log("keys", "five");
  await follower.has("five");
  await follower.stop();
  expect(follower.told).toEqual(["four", "five"]);
  expect((await texts()).filter((text) => !text.startsWith("beacon"))).toEqual([
    "one",
    "two",
    "three",
    "four",
    "five",
  ]);
});
