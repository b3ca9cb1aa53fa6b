import type { ChildProcess } from "node:child_process";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ok, type Result } from "@baton/core";
import { locateBinaries, program } from "./binaries.ts";
import { initialise } from "./initialise.ts";
import { serverUrl, signIn } from "./login.ts";
import { type Place, preparePlace } from "./place.ts";
import { freePort } from "./port.ts";
import { isPostmasterOf, pidFilePath, readPidFile, stopPostmaster, until } from "./postmaster.ts";
import { folderProblem, programProblem, serverProblem } from "./problems.ts";
import { isAlive } from "./process-mark.ts";
import { chooseRunner, launch, type Runner } from "./runner.ts";

export interface EmbeddedOptions {
  /** Folder of PostgreSQL's data; made when absent. Its parent folder must be writable. */
  readonly dataDir: string;
  /** Port to ask for first. A taken one, or none given, means any free one. */
  readonly port?: number;
  /** Password of the superuser `baton`. The data folder keeps the one it was made with. */
  readonly password: string;
  /** The server's own log is appended here. It holds no statements and no row values. */
  readonly logFile: string;
  /** 200 when not given. */
  readonly maxConnections?: number;
  /** `throwaway` trades safety against a crash of the machine for speed: for tests only. */
  readonly durability?: "safe" | "throwaway";
  /** Cancels the start; what was started is ended. */
  readonly signal?: AbortSignal;
  /** Folder that holds the `bin` of another PostgreSQL, 15 or newer; the one that npm installed when not given. */
  readonly programs?: string;
  /** As whom to run; found out when not given. */
  readonly runner?: Runner;
}

/** A running PostgreSQL. It outlives this process unless `stop` is called; a later start on the same folder adopts it. */
export interface EmbeddedServer {
  /** Connection string of the superuser to a database, `postgres` when none is named. A secret. */
  url(database?: string): string;
  readonly port: number;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** True when the server was running already and was taken over. */
  readonly adopted: boolean;
  /** Shuts down in order and resolves when the process is gone. A second call waits for the first. */
  stop(): Promise<void>;
}

const startPatienceMs = 120_000;

/**
 * Starts the PostgreSQL that comes with Baton on 127.0.0.1, or adopts the one that runs on this data folder already.
 * Codes: `BATON-POSTGRES-BINARIES`, `-CANCELLED`, `-DATA`, `-DISK-FULL`, `-FOLDER`, `-PASSWORD`, `-START`, `-USER`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Result<EmbeddedServer>> {
  const binaries = options.programs === undefined ? await locateBinaries() : ok({ root: options.programs });
  if (!binaries.ok) return binaries;
  const runner = options.runner ?? (await chooseRunner());
  const place = await preparePlace(options.dataDir, binaries.value, runner);
  if (!place.ok) return place;
  const made = await initialise(place.value, runner, options);
  if (!made.ok) return made;
  const adopted = await adopt(place.value, options.password);
  if (adopted !== null)
    return ok(handle(adopted.port, adopted.pid, place.value.data, true, options.password));
  return startWithRetries(place.value, runner, options);
}

function handle(
  port: number,
  pid: number,
  dataDir: string,
  adopted: boolean,
  password: string,
): EmbeddedServer {
  let stopping: Promise<void> | null = null;
  return {
    url: (database = "postgres") => serverUrl(port, password, database),
    port,
    pid,
    adopted,
    stop: () => {
      stopping ??= stopPostmaster(pid, dataDir);
      return stopping;
    },
  };
}

/** Takes over the server that runs on this folder when it knows our password, else ends it. Null: none runs now. */
async function adopt(place: Place, password: string): Promise<{ port: number; pid: number } | null> {
  const found = await readPidFile(place.data);
  if (found === null || !(await isAlive(found.pid))) return null; // PostgreSQL itself clears a dead server's file
  if (!(await isPostmasterOf(found.pid, place.data))) {
    // The number went to another program since, as after a reboot. PostgreSQL would wait for that one for ever.
    await rm(pidFilePath(place.data), { force: true });
    return null;
  }
  let status = found.status;
  await until(async () => {
    status = (await readPidFile(place.data))?.status ?? "gone";
    return status === "ready" || status === "stopping" || status === "gone" || !(await isAlive(found.pid));
  }, startPatienceMs);
  const port = (await readPidFile(place.data))?.port ?? null;
  if (status === "ready" && port !== null && (await signIn(port, password)) === "welcome")
    return { port, pid: found.pid };
  await stopPostmaster(found.pid, place.data);
  return null;
}

/** Another program may take the port, or another Baton start the server, between our look and our start: look again. */
async function startWithRetries(
  place: Place,
  runner: Runner,
  options: EmbeddedOptions,
): Promise<Result<EmbeddedServer>> {
  const end = performance.now() + 20_000;
  let wanted = options.port;
  for (;;) {
    const port = await freePort(wanted);
    const attempt = await startOnce(place, runner, options, port);
    if (attempt.kind === "started") return verified(attempt.pid, port, place.data, options);
    if (attempt.kind === "failed" || performance.now() > end) return attempt.problem;
    wanted = undefined;
    const adopted = await adopt(place, options.password);
    if (adopted !== null) return ok(handle(adopted.port, adopted.pid, place.data, true, options.password));
  }
}

async function verified(
  pid: number,
  port: number,
  dataDir: string,
  options: EmbeddedOptions,
): Promise<Result<EmbeddedServer>> {
  const answer = await signIn(port, options.password);
  if (answer === "welcome") return ok(handle(port, pid, dataDir, false, options.password));
  await stopPostmaster(pid, dataDir);
  if (answer === "silent")
    return serverProblem(
      "BATON-POSTGRES-START",
      `The server started on port ${port} but does not answer.`,
      `Read the end of ${options.logFile}.`,
    );
  return serverProblem(
    "BATON-POSTGRES-PASSWORD",
    `The data in ${options.dataDir} was made with another password than the one given now.`,
    "Bring the password file back that belongs to this data, or begin again with --fresh.",
  );
}

type Attempt =
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "again" | "failed"; readonly problem: Result<never> };

async function startOnce(
  place: Place,
  runner: Runner,
  options: EmbeddedOptions,
  port: number,
): Promise<Attempt> {
  let log: Awaited<ReturnType<typeof open>>;
  let logStart: number;
  try {
    await mkdir(dirname(options.logFile), { recursive: true });
    log = await open(options.logFile, "a", 0o600);
    logStart = (await log.stat()).size;
  } catch (error) {
    return { kind: "failed", problem: folderProblem(dirname(options.logFile), error) };
  }
  const args = serverArguments(place.data, port, options);
  const child = launch(
    runner,
    program(place.binaries, "postgres"),
    args,
    ["ignore", log.fd, log.fd],
    place.data,
  );
  const state = await waitUntilReady(child, place.data, options.signal);
  await log.close();
  child.unref();
  if (state === "ready" && child.pid !== undefined) return { kind: "started", pid: child.pid };
  if (state === "cancelled")
    return {
      kind: "failed",
      problem: serverProblem(
        "BATON-POSTGRES-CANCELLED",
        "Starting the database was cancelled.",
        "Start again.",
      ),
    };
  const text = await readFile(options.logFile);
  // Shorter than it was: it was set aside meanwhile, and all of it was said since.
  const said = text
    .subarray(text.length < logStart ? 0 : logStart)
    .toString("utf8")
    .slice(-8000);
  const again =
    /Address already in use|could not create any TCP|lock file .* already exists|still in use/.test(said);
  return { kind: again ? "again" : "failed", problem: await programProblem("postgres", place.data, said) };
}

async function waitUntilReady(
  child: ChildProcess,
  dataDir: string,
  signal: AbortSignal | undefined,
): Promise<"ready" | "ended" | "cancelled"> {
  let ended = false;
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  let file: Awaited<ReturnType<typeof readPidFile>> = null;
  const ready = () => file !== null && file.pid === child.pid && file.status === "ready";
  await until(async () => {
    file = await readPidFile(dataDir);
    return ended || signal?.aborted === true || ready();
  }, startPatienceMs);
  if (ended) return "ended";
  if (ready() && signal?.aborted !== true) return "ready";
  if (child.pid !== undefined) await stopPostmaster(child.pid, dataDir);
  return signal?.aborted === true ? "cancelled" : "ended";
}

function serverArguments(dataDir: string, port: number, options: EmbeddedOptions): readonly string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: options.maxConnections ?? 200,
    shared_buffers: "64MB",
    timezone: "UTC",
    log_timezone: "UTC",
    // Statements and details can hold passwords and people's text; the log shall hold neither.
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_line_prefix: "%m [%p] ",
  };
  if (options.durability === "throwaway")
    Object.assign(settings, { fsync: "off", synchronous_commit: "off", full_page_writes: "off" });
  else Object.assign(settings, { fsync: "on", synchronous_commit: "on", full_page_writes: "on" });
  return ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
