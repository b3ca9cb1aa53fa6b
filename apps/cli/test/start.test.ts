import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BatonProcess, baton, batonJson, freshState, npmStart } from "./baton-process.ts";
import { lookAt, must } from "./live-platform.ts";
import { watchProcesses } from "./processes.ts";

const ARGS = ["--yes", "--exit", "--json", "--no-drill"] as const;

let dir: string;
let cleanup: () => Promise<void>;
beforeEach(async () => {
  ({ dir, cleanup } = await freshState());
});
afterEach(async () => {
  await cleanup();
}, 300_000);

/** What Baton generated and nobody may ever see, by file name. */
async function secretsOf(stateDir: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(stateDir, "secrets");
  const names = await readdir(folder);
  const values = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return new Map(names.map((name, i) => [name, (values[i] ?? "").trim()]));
}

/** Where secrets are found, as `PLACE: NAME`; as they are, or as they would stand in a URL or a base64 text. */
function leaks(
  secrets: ReadonlyMap<string, string>,
  places: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    [...secrets].flatMap(([name, value]) =>
      [value, encodeURIComponent(value), Buffer.from(value).toString("base64").replace(/=+$/, "")].some(
        (form) => text.includes(form),
      )
        ? [`${place}: ${name}`]
        : [],
    ),
  );
}

async function filesUnder(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(folder)) found[name] = await readFile(join(folder, name), "utf8");
  return found;
}

/** Everything the journal holds, as one text: events, plans, figures. */
async function journalOf(stateDir: string): Promise<string> {
  const session = await lookAt(stateDir);
  try {
    const heads = must(await session.journal.heads(""));
    const streams = await Promise.all(heads.map((head) => session.journal.read(head.stream)));
    const events = streams.flatMap(must);
    expect(events.length).toBeGreaterThan(100);
    const runs = [...new Set(heads.flatMap((head) => head.stream.match(/^run\/([^/]+)$/)?.[1] ?? []))];
    const progress = await Promise.all(runs.map((run) => session.journal.loadProgress(run)));
    const hashes = new Set(JSON.stringify(events).match(/[0-9a-f]{64}/g));
    const documents = await Promise.all([...hashes].map((hash) => session.journal.loadDocument(hash)));
    const plans = documents.map(must).filter((bytes) => bytes !== null);
    expect(plans.length).toBeGreaterThan(0);
    return JSON.stringify([events, progress.map(must), plans]);
  } finally {
    await session.journal.close();
  }
}

const order = (text: string, ...lines: readonly string[]): readonly number[] =>
  lines.map((line) => text.indexOf(line));

test("npm start goes from nothing to the hold and says so in one JSON line; nothing fails, nothing is lost, no secret is told, nothing is left running", {
  timeout: 900_000,
}, async () => {
  const processes = watchProcesses(dir);
  const first = baton(dir, ["start", "--fresh", ...ARGS]);
  await first.said(/Users are at work/);
  const second = await batonJson(dir, ["start", ...ARGS.filter((arg) => arg !== "--json")]);
  expect(second).toMatchObject({ code: 3, value: { problems: [{ code: "BATON-START-RUNNING" }] } });
  expect(second.stderr).toContain("BATON-START-RUNNING");

  expect(await first.ended).toBe(0);
  expect(first.stdout().split("\n").length).toBe(2);
  const report = JSON.parse(first.stdout());
  expect(report).toMatchObject({
    outcome: "holding",
    requests: { failed: 0 },
    writes: { lost: 0 },
    journal: { intact: true },
  });
  expect(report.requests.total).toBeGreaterThan(0);
  expect(report.writes.acknowledged).toBeGreaterThan(0);
  expect(report.prompts.total).toBeGreaterThanOrEqual(2_400);
  expect(report.prompts).toEqual({
    total: report.prompts.total,
    encrypted: report.prompts.total,
    verified: report.prompts.total,
  });

  const words = first.stderr();
  expect(words.startsWith("Baton  starting")).toBe(true);
  const said = order(words, "demo user", "PostgreSQL starts", "38 steps", "Approved by", "▶ prepare");
  expect(said).not.toContain(-1);
  expect(said).toEqual([...said].sort((a, b) => a - b));
  expect(words.trimEnd().endsWith("Nothing is left running.")).toBe(true);
  expect(await processes.leftBehind()).toEqual([]);

  const up = await batonJson(dir, ["up"]);
  expect(up).toMatchObject({ code: 0 });
  const secrets = await secretsOf(dir);
  expect(secrets.size).toBeGreaterThanOrEqual(10);
  expect(leaks(secrets, { all: [...secrets.values()].join() }).length).toBe(secrets.size);
  const heard = [first.stdout(), words, second.stderr, JSON.stringify(up.value), up.stderr].join("\n");
  expect(
    leaks(secrets, {
      output: heard,
      journal: await journalOf(dir),
      ...(await filesUnder(join(dir, "logs"))),
    }),
  ).toEqual([]);
  expect(await batonJson(dir, ["audit", "verify"])).toMatchObject({ code: 0, value: { intact: true } });
});

/** The run a `start` conducts, as it says. */
const goesOn = async (started: BatonProcess): Promise<string> =>
  (await started.said(/Going on with (\S+),/))[1] ?? "";

test("Ctrl-C, TERM or INT to npm alone, TERM to the launcher alone: everything stops in order; the next start goes on with the same run", {
  timeout: 900_000,
}, async () => {
  const stops = async (started: BatonProcess, at: RegExp, stop: () => void): Promise<void> => {
    const processes = watchProcesses(dir);
    await started.said(at);
    await processes.look();
    stop();
    expect(await started.ended).not.toBe(0);
    expect(started.stderr()).toContain("Stopping in order");
    expect(started.stderr().trimEnd().endsWith("Nothing is left running.")).toBe(true);
    expect(started.stderr()).not.toContain("✗");
    expect(started.stdout()).toBe("");
    expect(await processes.leftBehind()).toEqual([]);
  };
  const early = npmStart(dir, ARGS);
  await stops(early, /Platform API 1\.0\.0/, () => early.signal("SIGTERM"));
  const begun = npmStart(dir, ARGS);
  await stops(begun, /internal\.sweep began/, () => begun.signal("SIGINT"));
  const second = npmStart(dir, ARGS);
  await stops(second, /pilot\.backfill began/, () => second.ctrlC());
  const run = await goesOn(second);
  const third = baton(dir, ["start", ...ARGS]);
  await stops(third, /general\.backfill began/, () => third.signal("SIGTERM"));
  expect(await goesOn(third)).toBe(run);

  const last = baton(dir, ["start", ...ARGS]);
  expect(await goesOn(last)).toBe(run);
  expect(await last.ended).toBe(0);
  expect(JSON.parse(last.stdout())).toMatchObject({
    run,
    outcome: "holding",
    requests: { failed: 0 },
    writes: { lost: 0 },
    journal: { intact: true },
  });
});
