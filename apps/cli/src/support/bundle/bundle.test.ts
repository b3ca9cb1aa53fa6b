import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadRun, openRun, requestRollback } from "@baton/conductor";
import { type Actor, createRedactor, type Result } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { knownSecrets } from "@baton/session";
import { aPlan } from "@baton/testkit/builders/index";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { supportBundle } from "../../commands/support-bundle.ts";
import { Output } from "../../output.ts";
import { leaksIn } from "../testing/leaks.ts";
import { unpack } from "../testing/unpack.ts";
import { collectBundle } from "./collect.ts";
import { journalParts } from "./journal-parts.ts";
import { json, whole } from "./part.ts";

const PLATFORM = fileURLToPath(new URL("../../../../../platform", import.meta.url));
const ana: Actor = { kind: "person", name: "ana", via: "local account" };

/** Where each secret is known from, or by what it is recognised. Marks that URLs, JSON and shells write otherwise are in them. */
const CANARIES = {
  "a file of secrets/": 'kanarie-eins "a/b"+%é',
  "a key of several lines": "kanarieZweiKanarieZweiKanarieZwei",
  "the supervisor's token": "kanarie-drei-0123456789",
  "a variable's name": "kanarie-vier&x=1",
  "an address in a variable": "kanarie@fünf/x",
  "a release's environment": "kanarie-sechs-7",
  "a provider's client secret": "kanarie-acht+/=",
  "its own looks": "kanarie7sieben",
} as const;

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A log in which every secret stands in every way. */
const dirtyLog = (): string =>
  Object.values(CANARIES)
    .filter((canary) => canary !== CANARIES["its own looks"])
    .flatMap((canary) => [
      `plain ${canary} here`,
      JSON.stringify({ message: `nested ${JSON.stringify({ deep: [canary] })}` }),
      `GET /x?next=${encodeURIComponent(canary)}`,
      `basic ${base64(`user:${canary}`)}, ${base64(`a:${canary}:b`)}, ${base64(`ab:${canary}`)}`,
      `bytes \\x${Buffer.from(canary).toString("hex")}`,
      `\u001b[31mred ${canary.slice(0, 4)}\u001b[0m${canary.slice(4)}`,
      JSON.stringify({ message: `${canary.slice(0, 4)}\u001b[1m${canary.slice(4)}` }),
      `2026-11-21 12:00:00 UTC [7] DETAIL:  Failing row contains (1, ${canary}, t).`,
    ])
    .concat([
      `host=h password=${CANARIES["its own looks"]} user=u`,
      `Authorization: Bearer ${CANARIES["its own looks"]}`,
      `postgres://u:${CANARIES["its own looks"]}@h/d`,
      `2026-11-21 12:00:00 UTC [7] DETAIL:  Key (token)=(${CANARIES["its own looks"]}) already exists.`,
      `-----BEGIN PRIVATE KEY-----\n${CANARIES["its own looks"]}\n-----END PRIVATE KEY-----`,
      "harmless words stay",
    ])
    .join("\n");

let folder: string;
let stateDir: string;
let platformDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-bundle-"));
  [stateDir, platformDir] = [join(folder, "state"), join(folder, "platform")];
  await mkdir(join(stateDir, "secrets"), { recursive: true });
  await mkdir(join(stateDir, "logs"));
  await cp(PLATFORM, platformDir, { recursive: true, filter: (path) => !/node_modules|dist/.test(path) });
  await writeFile(join(stateDir, "secrets", "shared-db"), CANARIES["a file of secrets/"]);
  const key = `-----BEGIN X-----\n${CANARIES["a key of several lines"]}\nmore\n-----END X-----\n`;
  await writeFile(join(stateDir, "secrets", "signing.pem"), key);
  const address = { url: "http://127.0.0.1:9", token: CANARIES["the supervisor's token"], pid: 2 ** 22 + 1 };
  await writeFile(join(stateDir, "supervisor.json"), JSON.stringify(address));
  await writeFile(join(stateDir, "logs", "gateway@1.0.0.log"), dirtyLog());
  await writeFile(join(stateDir, "logs", "gateway@1.0.0.log.1"), dirtyLog());
  const release = join(platformDir, "releases", "R1", "release.yaml");
  const yaml = await readFile(release, "utf8");
  await writeFile(
    release,
    yaml.replace(/env:\n( +)/, `env:\n$1PARTNER_API_KEY: ${CANARIES["a release's environment"]}\n$1`),
  );
  const named = "identity: { issuer: https://id.test, clientId: baton, clientSecret: WORD_OF_ID }\n";
  await appendFile(join(platformDir, "platform.yaml"), named);
  vi.stubEnv("WORD_OF_ID", CANARIES["a provider's client secret"]);
  vi.stubEnv("SOME_TOKEN", CANARIES["a variable's name"]);
  vi.stubEnv(
    "DATABASE_URL",
    `postgresql://u:${encodeURIComponent(CANARIES["an address in a variable"])}@h/d`,
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const leaks = (texts: Iterable<string>) => leaksIn(texts, CANARIES);

const silent = () => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
};

describe("a support bundle where nothing runs", () => {
  test("holds files, logs and findings without any secret in any encoding, and says what it lacks", async () => {
    silent();
    const out = join(folder, "out.tar.gz");
    const exit = await supportBundle({ stateDir, platformDir }, new Output({ json: false }), { out });
    vi.restoreAllMocks();
    expect(exit).toBe(0);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const files = await unpack(out);
    const log = files.get("logs/gateway@1.0.0.log") ?? "";
    expect(log.match(/\[secret\]/g)?.length).toBeGreaterThan(40);
    expect(log).toContain("harmless words stay");
    expect(leaks(files.values())).toEqual([]);
    expect(leaks([dirtyLog()]).length).toBeGreaterThan(20);
    const manifest = JSON.parse(files.get("manifest.json") ?? "");
    expect([...files.keys()].sort()).toEqual(
      ["manifest.json", ...manifest.files.map(({ path }: { path: string }) => path)].sort(),
    );
    const named = manifest.files.find(({ path }: { path: string }) => path === "logs/gateway@1.0.0.log");
    expect(named.removed["secret shared-db"]).toBeGreaterThan(5);
    expect(named.removed["environment DATABASE_URL"]).toBeGreaterThan(5);
    expect(JSON.stringify(manifest.missing)).toContain("BATON-PLATFORM-DOWN");
    for (const path of ["versions.json", "doctor.json", "platform/releases/R2/release.yaml", "machine.json"])
      expect(files.has(path), path).toBe(true);
    for (const [path, text] of files) if (path.endsWith(".json")) JSON.parse(text);
  });

  test("is refused where a file or no folder is, and leaves nothing half-written", async () => {
    silent();
    const taken = join(folder, "taken.tar.gz");
    await writeFile(taken, "mine");
    const say = new Output({ json: false });
    expect(await supportBundle({ stateDir, platformDir }, say, { out: taken })).toBe(1);
    expect(await supportBundle({ stateDir, platformDir }, say, { out: join(folder, "no", "x.tar.gz") })).toBe(
      1,
    );
    expect(await supportBundle({ stateDir, platformDir }, say, { out: folder })).toBe(1);
    vi.restoreAllMocks();
    expect(await readFile(taken, "utf8")).toBe("mine");
    expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("is made also where the platform's files cannot be read", async () => {
    silent();
    const out = join(folder, "broken.tar.gz");
    const broken = join(folder, "broken");
    await mkdir(broken);
    await writeFile(join(broken, "platform.yaml"), "a: [");
    expect(await supportBundle({ stateDir, platformDir: broken }, new Output({ json: false }), { out })).toBe(
      0,
    );
    vi.restoreAllMocks();
    expect((await unpack(out)).get("platform/files.json")).toContain("BATON-YAML");
  });
});

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return result.value;
}

test("a run's plan, events, state and problems are in it, without what a problem or a reason gave away", async () => {
  const journal = createMemoryJournal({ now: () => Date.parse("2026-11-21T12:00:00Z") });
  const plan = aPlan({ steps: [{ id: "main.one" }] });
  const run = value(await openRun({ journal, plan, by: ana, approvedBy: ana }));
  const dirty = Object.values(CANARIES).filter((canary) => canary !== CANARIES["its own looks"]);
  const problem = {
    code: "BATON-X",
    message: `refused ${dirty.join(" and ")}`,
    remedy: "none",
    details: {
      text: JSON.stringify(dirty),
      all: dirty,
      coded: dirty.map((d) => base64(`x${d}x`)),
      password: CANARIES["its own looks"],
    },
  };
  const failed = { key: "k", step: "main.one", unit: "-", attempt: 1, problem, final: false };
  const events = [
    { type: "run.started", version: 1, data: {} },
    { type: "effect.failed", version: 1, data: failed },
  ];
  value(await journal.append([{ stream: `run/${run}`, expectedSeq: null, events }], null));
  value(await requestRollback({ journal, run, by: ana, reason: `token=${CANARIES["its own looks"]}` }));
  const parts = journalParts(journal, plan.environment, () => loadRun(journal, run));
  // Known from the platform's files: there is no definition here.
  const all = createRedactor([
    ...(await knownSecrets(stateDir, null)),
    { name: "env", value: CANARIES["a release's environment"] },
    { name: "provider", value: CANARIES["a provider's client secret"] },
  ]);
  const dirtyFiles = await collectBundle(parts, (text) => ({ value: text, removed: {} }), new Date(0));
  expect(leaks(dirtyFiles.files.map(({ bytes }) => bytes.toString()))).not.toEqual([]);
  const { files, manifest } = await collectBundle(parts, all, new Date(0));
  expect(leaks(files.map(({ bytes }) => bytes.toString()))).toEqual([]);
  expect(files.map(({ path }) => path)).toEqual(
    ["manifest.json", "runs/history.json", "journal/heads.json"].concat(
      ["plan", "state", "summary", "lease", "progress"].map((name) => `runs/${run}/${name}.json`),
      ["events", "problems"].map((name) => `runs/${run}/${name}.jsonl`),
    ),
  );
  const problems = files.find(({ path }) => path.endsWith("problems.jsonl"))?.bytes.toString() ?? "";
  expect(
    problems
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(expect.arrayContaining(["run.approved", "effect.failed", "run.rollback-requested"]));
  expect(manifest.missing).toEqual([]);
});

test("a part that throws or hangs is missing, and the others are there", async () => {
  const parts = [
    { what: "thrower", collect: () => Promise.reject(new Error("broken password=hunter2")) },
    { what: "hanger", collect: () => new Promise<never>(() => undefined) },
    { what: "good", collect: async () => whole(json("good.json", { a: 1 })) },
  ];
  const { manifest } = await collectBundle(parts, createRedactor([]), new Date(0), 50);
  expect(manifest.missing).toEqual([
    { what: "thrower", why: "broken password=[secret]" },
    { what: "hanger", why: "it took longer than 0.05 s" },
  ]);
  expect(manifest.files.map(({ path }) => path)).toEqual(["good.json"]);
});
