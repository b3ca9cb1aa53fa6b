import { appendFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRedactor } from "@baton/core";
import { knownSecrets, openConductorLog } from "@baton/session";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { followLogs } from "./follow-logs.ts";
import type { LogLine } from "./log-line.ts";
import { readMoment } from "./moment.ts";
import { type LogQuery, readLogs } from "./read-logs.ts";

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "baton-logs-"));
  await mkdir(join(stateDir, "logs"));
  await mkdir(join(stateDir, "secrets"));
});
afterEach(() => rm(stateDir, { recursive: true }));

const log = (program: string, ...lines: readonly string[]): Promise<void> =>
  appendFile(join(stateDir, "logs", `${program}.log`), lines.map((line) => `${line}\n`).join(""));
const redactor = createRedactor([{ name: "canary", value: "canary-0123" }]);
const read = async (query: Partial<LogQuery> = {}) =>
  readLogs(
    stateDir,
    { program: null, lines: null, since: null, run: null, wholeLines: false, ...query },
    redactor,
  );
const texts = async (query: Partial<LogQuery> = {}): Promise<readonly string[]> => {
  const found = await read(query);
  if (!found.ok) throw new Error(found.problems[0]?.message);
  return found.value.lines.map(({ program, text }) => `${program} ${text}`);
};

async function threePrograms(): Promise<void> {
  await log(
    "postgres",
    "2026-11-21 12:00:01.500 UTC [7] LOG:  ready",
    "\tdetail of it",
    "2026-11-21 12:00:09 UTC [7] LOG:  checkpoint",
  );
  await log("gateway@1.0.0", '{"at":"2026-11-21T12:00:02.000Z","message":"up"}', "bare words");
  await log("supervisor", '{"time":"2026-11-21T12:00:00.000Z","msg":"listening"}');
  await log(
    "conductor",
    '{"at":"2026-11-21T12:00:02.000Z","run":"r2-a","message":"begins"}',
    '{"at":"2026-11-21T12:00:05.000Z","run":"r2-b","message":"begins"}',
    '{"at":"2026-11-21T12:00:08.000Z","run":"r2-a","message":"ends"}',
  );
}

describe("logs of a state folder", () => {
  test("are merged by time; a line without one stays behind the line before it", async () => {
    await threePrograms();
    expect((await texts()).map((line) => line.slice(0, 42))).toEqual([
      'supervisor {"time":"2026-11-21T12:00:00.00',
      "postgres 2026-11-21 12:00:01.500 UTC [7] L",
      "postgres \tdetail of it",
      'conductor {"at":"2026-11-21T12:00:02.000Z"',
      'gateway@1.0.0 {"at":"2026-11-21T12:00:02.0',
      "gateway@1.0.0 bare words",
      'conductor {"at":"2026-11-21T12:00:05.000Z"',
      'conductor {"at":"2026-11-21T12:00:08.000Z"',
      "postgres 2026-11-21 12:00:09 UTC [7] LOG: ",
    ]);
  });

  test("of one program, of all versions of a service, the newest few, from a moment on", async () => {
    await threePrograms();
    expect(await texts({ program: "supervisor" })).toHaveLength(1);
    expect(await texts({ program: "gateway" })).toHaveLength(2);
    expect(await texts({ lines: 1 })).toEqual(["postgres 2026-11-21 12:00:09 UTC [7] LOG:  checkpoint"]);
    expect(await texts({ since: Date.parse("2026-11-21T12:00:05Z") })).toHaveLength(3);
  });

  test("of a run: what all programs logged while it was driven, and no other run's lines", async () => {
    await threePrograms();
    const found = await texts({ run: "r2-a" });
    expect(found).toHaveLength(4);
    expect(found.join()).not.toContain("r2-b");
    const unknown = await read({ run: "r9-z" });
    expect(unknown).toMatchObject({ ok: false, problems: [{ code: "BATON-LOGS-RUN" }] });
    expect(JSON.stringify(unknown)).toContain("r2-a, r2-b");
  });

  test("of a program that has none: the problem names those that have, and the one that was meant", async () => {
    await threePrograms();
    const unknown = await read({ program: "supervizor" });
    expect(unknown).toMatchObject({ ok: false, problems: [{ code: "BATON-LOGS-PROGRAM" }] });
    if (unknown.ok) return;
    expect(unknown.problems[0]?.message).toContain("conductor, gateway@1.0.0, postgres, supervisor");
    expect(unknown.problems[0]?.remedy).toContain("Did you mean supervisor?");
    expect(await read({ program: "../secrets/x" })).toMatchObject({ ok: false });
  });

  test("are shown without secrets, also one of several lines", async () => {
    await log(
      "seed",
      "before",
      "-----BEGIN PRIVATE KEY-----",
      "MIIEvQcanary",
      "abc=",
      "-----END PRIVATE KEY-----",
      "after canary-0123",
    );
    expect(await texts()).toEqual([
      "seed before",
      "seed -----BEGIN PRIVATE KEY-----[secret]-----END PRIVATE KEY-----",
      "seed after [secret]",
    ]);
  });

  test("go on from what was set aside", async () => {
    await log("keys", "one");
    await rename(join(stateDir, "logs", "keys.log"), join(stateDir, "logs", "keys.log.1"));
    expect(await texts({ program: "keys" })).toEqual(["keys one"]);
    await log("keys", "two");
    expect(await texts({ program: "keys" })).toEqual(["keys one", "keys two"]);
  });
});

test("following tells each new line once and whole, of a log that begins later or anew too, without secrets", async () => {
  await log("seed", "old");
  await appendFile(join(stateDir, "logs", "seed.log"), "half");
  const before = await read({ wholeLines: true });
  if (!before.ok) throw new Error("nothing read");
  expect(before.value.lines.map(({ text }) => text)).toEqual(["old"]);
  const told: LogLine[] = [];
  const stop = new AbortController();
  const end = followLogs(
    stateDir,
    (program) => program !== "other",
    before.value.ends,
    redactor,
    (lines) => {
      told.push(...lines);
      if (told.some(({ text }) => text === "last") && told.length >= 3) stop.abort();
    },
    stop.signal,
  );
  await log("seed", " and half canary-0123");
  await log("other", "not wanted");
  await log("keys", "began later");
  await log("seed", "last");
  await end;
  expect(told.map(({ program, text }) => `${program} ${text}`).sort()).toEqual([
    "keys began later",
    "seed half and half [secret]",
    "seed last",
  ]);
});

test("the conductor's log holds each event in a line, no secret, and never more than two files of its limit", async () => {
  const conductor = openConductorLog(stateDir, "r2-a", redactor, 2_000);
  const failed = {
    at: Date.parse("2026-11-21T12:00:00Z"),
    event: {
      type: "effect.failed" as const,
      key: "k",
      step: "pilot.backfill",
      unit: "t7",
      attempt: 2,
      problem: {
        code: "BATON-X" as const,
        message: "no: canary-0123",
        remedy: "",
        details: { password: "hunter2" },
      },
      final: false,
    },
  };
  conductor.event(failed);
  await Promise.resolve();
  const file = join(stateDir, "logs", "conductor.log");
  const line = JSON.parse(await readFile(file, "utf8"));
  expect(line).toMatchObject({
    run: "r2-a",
    message: "effect.failed",
    step: "pilot.backfill",
    unit: "t7",
    attempt: 2,
  });
  expect(JSON.stringify(line)).not.toMatch(/canary-0123|hunter2/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  for (let i = 0; i < 50; i++) {
    conductor.event(failed);
    await Promise.resolve();
  }
  expect((await stat(file)).size).toBeLessThan(2_500);
  expect((await stat(`${file}.1`)).size).toBeLessThan(2_500);
});

test("a log that cannot be written stops nothing", async () => {
  await rm(join(stateDir, "logs"), { recursive: true });
  await writeFile(join(stateDir, "logs"), "in the way");
  openConductorLog(stateDir, "r2-a", redactor).say("still here");
  await Promise.resolve();
});

test("known secrets are those of the state folder and of files and keys that variables name, line by line where they have several", async () => {
  await writeFile(join(stateDir, "secrets", "shared-db"), "canary-of-a-file\n");
  const pem = (line: string) => `-----BEGIN X-----\n${line}\n-----END X-----\n`;
  await writeFile(join(stateDir, "secrets", "signing.pem"), pem("k".repeat(30)));
  const outside = join(stateDir, "audit.pem");
  await writeFile(outside, pem("o".repeat(30)));
  vi.stubEnv("BATON_AUDIT_KEY_FILE", outside);
  vi.stubEnv("BATON_AUDIT_KEY", pem("e".repeat(30)));
  vi.stubEnv("PWD", "/a/folder/of/mine");
  const secrets = await knownSecrets(stateDir, null);
  vi.unstubAllEnvs();
  expect(secrets.map(({ value }) => value)).not.toContain("/a/folder/of/mine");
  expect(secrets).toContainEqual({ name: "secret shared-db", value: "canary-of-a-file" });
  expect(secrets).toContainEqual({ name: "secret signing.pem", value: "k".repeat(30) });
  expect(secrets).toContainEqual({ name: "file of BATON_AUDIT_KEY_FILE", value: "o".repeat(30) });
  expect(secrets).toContainEqual({ name: "environment BATON_AUDIT_KEY", value: "e".repeat(30) });
  expect(secrets.map(({ value }) => value)).not.toContain(outside);
});

test("a moment is a time that has gone by, or a date in UTC", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  const iso = (text: string) => {
    const at = readMoment(text, now);
    return at === null ? null : new Date(at).toISOString();
  };
  expect(iso("90s")).toBe("2026-11-21T11:58:30.000Z");
  expect(iso("2h")).toBe("2026-11-21T10:00:00.000Z");
  expect(iso("2026-11-20")).toBe("2026-11-20T00:00:00.000Z");
  expect(iso("2026-11-20 10:30")).toBe("2026-11-20T10:30:00.000Z");
  expect(iso("2026-11-20T10:30:00+01:00")).toBe("2026-11-20T09:30:00.000Z");
  for (const wrong of ["", "yesterday", "10", "-5m", "2026-13-40", "5 weeks"]) expect(iso(wrong)).toBeNull();
});
