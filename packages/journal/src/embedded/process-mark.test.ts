import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { until } from "./postmaster.ts";
import { isAlive, isRunning, markOf, type ProcessMark, signalGroup, signalProcess } from "./process-mark.ts";

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** A process that leads a group, with one in it that says its number and outlives it. */
async function leader(): Promise<{ mark: ProcessMark; child: ChildProcess; inGroup: number }> {
  const inner = "setInterval(() => {}, 1000)";
  const outer = `const { spawn } = require("node:child_process");
    console.log(spawn(process.execPath, ["-e", ${JSON.stringify(inner)}], { stdio: "ignore" }).pid);
    setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ["-e", outer], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  started.push(child);
  const [said] = await once(child.stdout, "data");
  const mark = await markOf(child.pid ?? -1);
  if (mark === null) throw new Error("it did not start");
  return { mark, child, inGroup: Number(String(said)) };
}

test("no process has the number 0, or a negative one: they name groups", async () => {
  expect(await markOf(0)).toBeNull();
  expect(await isAlive(-process.pid)).toBe(false);
  expect(await isAlive(process.pid)).toBe(true);
});

test("a process that was given the number of another is not taken for it, and neither it nor its group is signalled", async () => {
  const { mark, child, inGroup } = await leader();
  const before = { ...mark, startMark: "another boot/1" };
  expect(await isRunning(before)).toBe(false);
  expect(await signalProcess(before, "SIGKILL")).toBe(false);
  expect(await signalGroup(before, "SIGKILL")).toBe(false);
  expect([child.signalCode, await isAlive(inGroup)]).toEqual([null, true]);
  expect(await signalGroup(mark, "SIGKILL")).toBe(true);
  expect(await until(async () => !(await isAlive(inGroup)), 10_000)).toBe(true);
});

test("what a process that ended left in its group is reached", async () => {
  const { mark, child, inGroup } = await leader();
  const ended = once(child, "exit");
  expect(await signalProcess(mark, "SIGKILL")).toBe(true);
  await ended;
  expect([await isRunning(mark), await isAlive(inGroup)]).toEqual([false, true]);
  expect(await signalGroup(mark, "SIGKILL")).toBe(true);
  expect(await until(async () => !(await isAlive(inGroup)), 10_000)).toBe(true);
});
