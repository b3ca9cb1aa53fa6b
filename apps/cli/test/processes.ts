import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { createSupervisorClient } from "@baton/adapters";
import { conductorHere } from "@baton/session";
import { until } from "./baton-process.ts";

/** A process of this machine. `started` tells it from a later one with the same number. */
interface Found {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
  readonly command: string;
}

/** Everything that was ever seen running on a state folder. */
export interface ProcessWatch {
  /** Looks now; what is seen is remembered. */
  look(): Promise<void>;
  /** What of all that was seen still runs, as `PID COMMAND`. */
  running(): Promise<readonly string[]>;
  /** Ends the watch; resolves with what of all that still runs once it has had 15 s to end. Nothing is what one wants. */
  leftBehind(): Promise<readonly string[]>;
}

const EVERY_MS = 500;
const BOUND_MS = 15_000;

/**
 * Remembers, twice a second, which processes work on a state folder: the supervisor, the conductor, all that the supervisor
 * says it started, and all their descendants.
 */
export function watchProcesses(stateDir: string): ProcessWatch {
  const seen = new Map<string, Found>();
  const look = async (): Promise<void> => {
    const [roots, table] = [await rootsOf(stateDir), await processes()];
    for (const found of descendants(roots, table)) seen.set(`${found.pid} ${found.started}`, found);
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, EVERY_MS);
  const alive = async () => (await processes()).filter((p) => seen.has(`${p.pid} ${p.started}`));
  const running = async () => (await alive()).map(({ pid, command }) => `${pid} ${command}`);
  return {
    look,
    running,
    async leftBehind() {
      clearInterval(timer);
      await looking;
      if (seen.size === 0) throw new Error("the watch saw no process at all, so it can say nothing");
      await until("nothing left", async () => (await running()).length === 0, BOUND_MS).catch(() => null);
      return running();
    },
  };
}

async function rootsOf(stateDir: string): Promise<ReadonlySet<number>> {
  const [conductor, state] = [await conductorHere(stateDir), await createSupervisorClient(stateDir).state()];
  const pids: (number | null | undefined)[] = [conductor?.pid];
  if (state.ok) {
    const { pid, postgres, keys, instances, helpers } = state.value;
    pids.push(pid, postgres.pid, keys.pid, ...[...instances, ...helpers].map((program) => program.pid));
  }
  return new Set(pids.filter((pid) => pid !== null && pid !== undefined));
}

function descendants(roots: ReadonlySet<number>, table: readonly Found[]): readonly Found[] {
  const within = new Set(roots);
  for (let before = -1; before !== within.size; ) {
    before = within.size;
    for (const { pid, parent } of table) if (within.has(parent)) within.add(pid);
  }
  return table.filter(({ pid }) => within.has(pid));
}

/** All processes that run; the remains of one that nobody has waited for do not. */
const processes = (): Promise<readonly Found[]> => (process.platform === "linux" ? fromProc() : fromPs());

async function fromProc(): Promise<readonly Found[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [stat, command] = await Promise.all(
        ["stat", "cmdline"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "")),
      );
      // The second field, the name, may hold spaces and brackets; what follows the last bracket is regular.
      const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
      const [status, parent, started] = [fields[0], Number(fields[1]), fields[19]];
      if (started === undefined || status === "Z" || status === "X") return [];
      return [{ pid, parent, started, command: (command ?? "").replaceAll("\0", " ").trim() }];
    }),
  );
  return found.flat();
}

async function fromPs(): Promise<readonly Found[]> {
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,ppid=,stat=,lstart=,command="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, parent, status, ...rest] = line.trim().split(/\s+/);
    if (pid === undefined || status === undefined || status.startsWith("Z")) return [];
    const started = rest.slice(0, 5).join(" ");
    return [{ pid: Number(pid), parent: Number(parent), started, command: rest.slice(5).join(" ") }];
  });
}
