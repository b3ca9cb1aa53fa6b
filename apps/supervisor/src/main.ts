import { randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ADDRESS_FILE, readSupervisorAddress } from "@baton/adapters";
import type { Problem } from "@baton/core";
import { writeWhole } from "./files.ts";
import { keepLogs } from "./keep-logs.ts";
import { EXIT_TAKEN, type LaunchMessage } from "./launch-message.ts";
import { loadPlatform } from "./load-platform.ts";
import { takeLock } from "./lock.ts";
import { supervisorRoutes } from "./routes.ts";
import { prepareStateDir } from "./state-dir.ts";
import { type Supervisor, startSupervisor } from "./supervisor.ts";

/** Logs of programs that run no more, beside those that do: a release or two of a large platform. */
const ENDED_LOGS = 64;

/**
 * The supervisor's process: `main.ts STATE_DIR PLATFORM_DIR`. It tells its launcher over the IPC channel how the start
 * goes, then lives until `/v1/shutdown`, TERM or INT. Exit codes: 0 stopped in order, 1 not started, 75 another has the folder.
 */
async function main(stateDir: string, platformDir: string): Promise<void> {
  const databaseUrl = takeFromEnvironment("DATABASE_URL");
  const passphrase = takeFromEnvironment("BATON_KEYS_PASSPHRASE");
  const first = databaseUrl === undefined && !(await exists(join(stateDir, "postgres")));
  const room = await prepareStateDir(stateDir, first);
  if (!room.ok) return giveUp(room.problems);
  const platform = await loadPlatform(platformDir);
  if (!platform.ok) return giveUp(platform.problems);
  const servers = Object.fromEntries(
    Object.entries(platform.value.servers).flatMap(([name, variable]) => {
      const url = takeFromEnvironment(variable);
      return url === undefined ? [] : [[name, url]];
    }),
  );
  const lock = await takeLock(stateDir);
  if (!lock.taken) {
    process.exitCode = EXIT_TAKEN;
    return process.disconnect?.();
  }
  // An address left by a crash would send callers to whoever has that port now.
  await rm(join(stateDir, ADDRESS_FILE), { force: true });

  let wanted = false;
  let stopNow = () => {
    wanted = true;
  };
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stopNow());
  process.on("SIGHUP", () => {}); // the terminal of whoever started us has closed

  let started: Supervisor | null = null;
  const logs = keepLogs({
    dir: join(stateDir, "logs"),
    limit: platform.value.logs.megabytes * 1024 * 1024,
    ended: ENDED_LOGS,
    inUse: () => started?.programs() ?? null,
    log,
  });
  const supervisor = await startSupervisor({
    stateDir,
    platformDir,
    nodePath: process.execPath,
    platform: platform.value,
    databaseUrl,
    servers,
    passphrase,
    log,
    say: (line) => tell({ kind: "progress", line }),
  });
  if (!supervisor.ok) return giveUp(supervisor.problems);
  const token = randomBytes(32).toString("base64url");
  const leave = async (): Promise<void> => {
    await supervisor.value.stop();
    await logs.stop();
    await forget(stateDir);
  };
  const app = supervisorRoutes(supervisor.value, token, async () => {
    await leave();
    // The answer goes out first; then nothing keeps the process.
    setImmediate(() => void end());
  });
  const end = async (): Promise<void> => {
    await app.close();
    log("stopped");
    process.exit(0);
  };
  stopNow = () => void leave().then(end);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  await writeWhole(join(stateDir, ADDRESS_FILE), `${JSON.stringify({ url, token, pid: process.pid })}\n`);
  log("listening", { url, pid: process.pid });
  if (wanted) return stopNow();
  await supervisor.value.restore();
  started = supervisor.value;
  tellLast({ kind: "ready" });
}

/** Taken out of the environment, so that no child can inherit it by accident. */
function takeFromEnvironment(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

async function forget(stateDir: string): Promise<void> {
  const address = await readSupervisorAddress(stateDir);
  if (address?.pid === process.pid) await rm(join(stateDir, ADDRESS_FILE), { force: true });
}

function giveUp(problems: readonly Problem[]): void {
  for (const { code, message } of problems) log("not started", { code, message });
  process.exitCode = 1;
  tellLast({ kind: "failed", problems: [...problems] });
}

/** The launcher may have gone away meanwhile; then there is nobody to tell. */
function tell(message: LaunchMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

/** Tells it and hangs up once it is sent. */
function tellLast(message: LaunchMessage): void {
  if (process.connected) {
    process.send?.(message, undefined, {}, () => {
      if (process.connected) process.disconnect?.();
    });
  }
}

function log(msg: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), service: "supervisor", msg, ...fields })}\n`,
  );
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

const [stateDir = "", platformDir = ""] = process.argv.slice(2);
await main(stateDir, platformDir);
