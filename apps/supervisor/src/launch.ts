import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createSupervisorClient, readSupervisorAddress, type SupervisorClient } from "@baton/adapters";
import { failed, ok, type Problem, type Result } from "@baton/core";
import { EXIT_TAKEN, type LaunchMessage } from "./launch-message.ts";
import { lockHolder } from "./lock.ts";
import { logTail } from "./log-tail.ts";
import { prepareStateDir } from "./state-dir.ts";

export interface LaunchOptions {
  /** The state folder, `.baton`; made when absent. */
  readonly stateDir: string;
  /** The folder that holds platform.yaml. */
  readonly platformDir: string;
  /** The Node that runs the supervisor and every script it starts. */
  readonly nodePath: string;
  /** Lines for a person who waits. */
  readonly log: (line: string) => void;
}

const PATIENCE_MS = 180_000;
const LOOK_MS = 50;
/** How long a supervisor that has given up may take to end. */
const END_PATIENCE_MS = 15_000;

/**
 * Finds the supervisor of this state folder, or starts it detached from this process; resolves when it is ready. Two
 * that call at the same time get the same one. DATABASE_URL and BATON_KEYS_PASSPHRASE of this process reach a supervisor
 * that is started, not one that is found.
 */
export async function ensureSupervisor(options: LaunchOptions): Promise<Result<SupervisorClient>> {
  const stateDir = resolve(options.stateDir);
  const platformDir = resolve(options.platformDir);
  const deadline = performance.now() + PATIENCE_MS;
  let ours = false;
  while (performance.now() < deadline) {
    const found = await findSupervisor(stateDir);
    if (found !== null) {
      if (!ours) sayUnheard(options.log);
      return whenReady(found, deadline);
    }
    if ((await lockHolder(stateDir)) === null) {
      const launched = await launch({ ...options, stateDir, platformDir });
      if (!launched.ok) return launched;
      ours = true;
    }
    await pause(LOOK_MS);
  }
  return late(stateDir);
}

/** A setting that has no effect is said, so that nobody takes a wrong one for a right one. */
function sayUnheard(log: LaunchOptions["log"]): void {
  const set = ["DATABASE_URL", "BATON_KEYS_PASSPHRASE"].filter((name) => (process.env[name] ?? "") !== "");
  if (set.length === 0) return;
  const has = set.length === 1 ? "has" : "have";
  log(
    `The platform runs already: ${set.join(" and ")} ${has} no effect until \`baton down\` and \`baton up\`.`,
  );
}

/** The supervisor at work on this state folder, when it answers to the token that is written there; null where none does. */
export async function findSupervisor(stateDir: string): Promise<SupervisorClient | null> {
  const address = await readSupervisorAddress(stateDir);
  if (address === null) return null;
  const client = createSupervisorClient(stateDir);
  const state = await client.state();
  return state.ok && state.value.pid === address.pid ? client : null;
}

async function whenReady(client: SupervisorClient, deadline: number): Promise<Result<SupervisorClient>> {
  while (performance.now() < deadline) {
    const state = await client.state();
    if (!state.ok) return state;
    if (state.value.phase === "ready") return ok(client);
    if (state.value.phase === "stopping") {
      return failed({
        code: "BATON-SUPERVISOR-STOPPING",
        message: "The supervisor is just stopping.",
        remedy: "Try again in a moment.",
      });
    }
    await pause(LOOK_MS);
  }
  return late(client.stateDir);
}

/** Starts the process in a session of its own and hears how it goes; ok also where another was quicker. */
async function launch(options: LaunchOptions): Promise<Result<void>> {
  const { stateDir } = options;
  const external = (process.env.DATABASE_URL ?? "") !== "";
  const first = !external && (await stat(join(stateDir, "postgres")).catch(() => null)) === null;
  const room = await prepareStateDir(stateDir, first);
  if (!room.ok) return room;
  await mkdir(join(stateDir, "logs"), { recursive: true, mode: 0o700 });
  const logPath = join(stateDir, "logs", "supervisor.log");
  const log = await open(logPath, "a", 0o600);
  const { size } = await log.stat();
  try {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const args = ["--disable-warning=ExperimentalWarning", main, stateDir, options.platformDir];
    const child = spawn(options.nodePath, args, {
      cwd: stateDir,
      detached: true,
      stdio: ["ignore", log.fd, log.fd, "ipc"],
    });
    const outcome = await hear(child, options.log);
    if (outcome !== "ended") return outcome;
    const tail = await logTail(logPath, 5, [], size);
    return failed({
      code: "BATON-SUPERVISOR-START",
      message: `The supervisor ended before it was ready: ${tail.at(-1) ?? "it said nothing"}`,
      remedy: `Read ${logPath}.`,
    });
  } finally {
    await log.close();
  }
}

function hear(child: ChildProcess, log: (line: string) => void): Promise<Result<void> | "ended"> {
  return new Promise((resolve) => {
    const settle = (outcome: Result<void> | "ended") => {
      if (child.connected) child.disconnect();
      child.unref();
      resolve(outcome);
    };
    let refused: Result<void> | null = null;
    child.on("message", (message: LaunchMessage) => {
      if (message.kind === "progress") log(message.line);
      else if (message.kind === "ready") settle(ok(undefined));
      else {
        // Told when it has ended: then it is true that nothing of it is left.
        refused = failed(...message.problems);
        setTimeout(settle, END_PATIENCE_MS, refused).unref();
      }
    });
    child.once("error", () => settle(noNode()));
    child.once("exit", (code) => settle(refused ?? (code === EXIT_TAKEN ? ok(undefined) : "ended")));
  });
}

const noNode = (): Result<never> =>
  failed({
    code: "BATON-NODE-START",
    message: "The Node that runs the supervisor cannot be started.",
    remedy: "Run `npm ci` again.",
  });

function late(stateDir: string): Result<never> {
  const problem: Problem = {
    code: "BATON-SUPERVISOR-LATE",
    message: `The supervisor was not ready within ${PATIENCE_MS / 1000} s.`,
    remedy: `Read ${join(stateDir, "logs", "supervisor.log")}.`,
  };
  return failed(problem);
}

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));
