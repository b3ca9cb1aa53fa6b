import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, statfs } from "node:fs/promises";
import { arch, cpus, freemem, loadavg, platform, release, totalmem, uptime } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createSupervisorClient } from "@baton/adapters";
import type { Where } from "@baton/session";
import { asidePath, leftovers } from "@baton/supervisor";
import { findings } from "../../commands/doctor.ts";
import { logFile, loggedPrograms, tailOf } from "../log-files.ts";
import { json, type Part, text, whole } from "./part.ts";

const CHECKOUT = fileURLToPath(new URL("../../../../..", import.meta.url));
/** Of each log, and of what was set aside of it, the last bytes. */
const LOG_BYTES = 2 * 1024 * 1024;
/** PostgreSQL's own files are many and say nothing by their names. */
const NOT_LISTED = "postgres";

const run = promisify(execFile);

/** This machine, this Baton and what runs: all that can be told without the journal. */
export const machineParts = (where: Where): readonly Part[] => [
  { what: "versions", collect: async () => whole(json("versions.json", await versions())) },
  { what: "doctor's findings", collect: async () => whole(json("doctor.json", await findings(where))) },
  { what: "machine and disk", collect: async () => whole(json("machine.json", await machine(where))) },
  {
    what: "state folder",
    collect: async () => whole(json("state-folder.json", await listing(where.stateDir))),
  },
  { what: "supervisor and processes", collect: () => processes(where) },
  { what: "logs", collect: () => logs(where.stateDir) },
];

async function versions(): Promise<unknown> {
  const lock = await readFile(join(CHECKOUT, "package-lock.json"), "utf8").catch(() => null);
  const git = (...args: readonly string[]) =>
    run("git", ["-C", CHECKOUT, ...args], { timeout: 5_000 }).then(
      ({ stdout }) => stdout.trim(),
      () => null,
    );
  const own = JSON.parse(await readFile(join(CHECKOUT, "package.json"), "utf8").catch(() => "{}")) as {
    version?: string;
  };
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return {
    baton: own.version ?? "unknown",
    commit: (await git("rev-parse", "HEAD")) ?? "unknown: not a checkout of git",
    changedFiles: changed === null ? "unknown" : changed.split("\n").filter((line) => line !== "").length,
    packagesLock: lock === null ? "unknown" : `sha256:${createHash("sha256").update(lock).digest("hex")}`,
    node: process.versions.node,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
  };
}

async function machine({ stateDir }: Where): Promise<unknown> {
  const disk = await statfs(stateDir).catch(() => null);
  return {
    system: `${platform()} ${release()} ${arch()}`,
    processors: cpus().length,
    load: loadavg(),
    memoryBytes: { total: totalmem(), free: freemem() },
    uptimeSeconds: Math.round(uptime()),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    now: new Date().toISOString(),
    disk:
      disk === null
        ? "unknown: the state folder is not there"
        : {
            bytes: disk.blocks * disk.bsize,
            freeBytes: disk.bavail * disk.bsize,
            files: disk.files,
            freeFiles: disk.ffree,
          },
    // Their names only: which settings reach Baton from outside.
    settings: Object.keys(process.env)
      .filter((name) => /^(BATON_|DATABASE_URL$|PG|NODE_|NO_COLOR$|TZ$)/.test(name))
      .sort(),
  };
}

/** Names, sizes and rights of what lies in the state folder; never a content. */
async function listing(stateDir: string): Promise<unknown> {
  const entries = await readdir(stateDir, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(stateDir, path).startsWith(join(NOT_LISTED, "/")));
  return Promise.all(
    files.sort().map(async (path) => {
      const found = await lstat(path).catch(() => null);
      return {
        path: relative(stateDir, path),
        kind: found === null ? "gone" : found.isDirectory() ? "folder" : found.isFile() ? "file" : "other",
        bytes: found?.size ?? null,
        mode: found === null ? null : (found.mode & 0o777).toString(8),
        changedAt: found?.mtime.toISOString() ?? null,
      };
    }),
  );
}

async function processes({ stateDir }: Where) {
  const state = await createSupervisorClient(stateDir).state();
  const { alive } = await leftovers(stateDir);
  const memory = await readFile(join(stateDir, "supervisor-state.json"), "utf8").catch(() => null);
  const table = await Promise.all(
    alive.map(async ({ name, pid }) => ({ name, pid, ...(await processOf(pid)) })),
  );
  return {
    files: [
      json("processes.json", table),
      ...(state.ok ? [json("supervisor.json", state.value)] : []),
      ...(memory === null ? [] : [json("supervisor-state.json", JSON.parse(memory))]),
    ],
    missing: state.ok
      ? []
      : state.problems.map(({ code, message }) => ({
          what: "supervisor's state",
          why: `${code} ${message}`,
        })),
  };
}

/** Age, memory and processor time of a process; its command line may hold anything and stays out. */
async function processOf(pid: number): Promise<Record<string, string>> {
  const shown = await run("ps", ["-o", "ppid=,stat=,etime=,time=,rss=", "-p", String(pid)], {
    timeout: 5_000,
  }).catch(() => null);
  const [parent, status, age, processor, kilobytes] = shown?.stdout.trim().split(/\s+/) ?? [];
  return kilobytes === undefined
    ? { unknown: "this system does not tell" }
    : {
        parent: parent ?? "",
        status: status ?? "",
        age: age ?? "",
        processor: processor ?? "",
        memoryKilobytes: kilobytes,
      };
}

async function logs(stateDir: string) {
  const programs = await loggedPrograms(stateDir);
  const files = [];
  const missing = [];
  for (const program of programs) {
    const file = logFile(stateDir, program);
    // The log first: one that is set aside in between is then in there twice, and not missing.
    for (const path of [file, asidePath(file)]) {
      const tail = await tailOf(path, LOG_BYTES);
      if (tail === null) continue;
      const name = relative(dirname(file), path);
      if (tail.text !== "") files.push(text(`logs/${name}`, tail.text));
      if (tail.from > 0)
        missing.push({ what: `logs/${name}, its first ${tail.from} bytes`, why: "only the end is taken" });
    }
  }
  if (programs.length === 0) missing.push({ what: "logs", why: "nothing was ever logged here" });
  return { files, missing };
}
