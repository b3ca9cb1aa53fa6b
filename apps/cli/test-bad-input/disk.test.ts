import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { aPlace, codesIn, type Place } from "./place.ts";

const run = promisify(execFile);

/** `up` and `start` are refused, and neither leaves a process. */
async function neitherStarts(place: Place, why: RegExp): Promise<void> {
  for (const args of [["up"], ["start", "--yes", "--exit"]]) {
    const said = await place.baton(args);
    expect(said.code, said.all).toBe(1);
    expect(codesIn(said)).toEqual(["BATON-STATE-UNWRITABLE"]);
    expect(said.all).toMatch(why);
    expect(said.all).toContain("--state");
    expect(await place.processes()).toEqual([]);
  }
}

test("a full disk under the state folder", async (context) => {
  const place = await aPlace();
  await mkdir(place.stateDir);
  const mounted = await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", place.stateDir]).then(
    () => true,
    () => false,
  );
  if (!mounted) {
    await place.end();
    return context.skip("only root may mount a small disk");
  }
  try {
    await neitherStarts(place, /the disk is full|MB are free/);
    expect(await place.state()).not.toContain("postgres");
    const doctor = await place.baton(["doctor"]);
    expect(doctor.code).toBe(1);
    expect(doctor.all).toMatch(/✗ disk/);
  } finally {
    await run("umount", [place.stateDir]);
    await place.end();
  }
});

test("a file in the way of the state folder, which stays as it was", async () => {
  const place = await aPlace();
  await writeFile(place.stateDir, "precious");
  await neitherStarts(place, /a file is in the way/);
  const doctor = await place.baton(["doctor"]);
  expect(doctor.code).toBe(1);
  expect(doctor.all).toContain("is a file, not a folder");
  expect(await readFile(place.stateDir, "utf8")).toBe("precious");
  await place.end();
});

test("a place where no folder can be made", async (context) => {
  if (process.platform !== "linux") return context.skip("looks for such a place in Linux's /proc");
  const place = await aPlace();
  const said = await place.baton(["up", "--state", "/proc/baton/state"]);
  await place.end();
  expect(said.code, said.all).toBe(1);
  expect(codesIn(said)).toEqual(["BATON-STATE-UNWRITABLE"]);
});
