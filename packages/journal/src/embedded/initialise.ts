import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ok, type Result } from "@baton/core";
import { program } from "./binaries.ts";
import type { Place } from "./place.ts";
import { folderProblem, programProblem, serverProblem } from "./problems.ts";
import { isAlive } from "./process-mark.ts";
import { launch, type Runner } from "./runner.ts";
import type { EmbeddedOptions } from "./start.ts";

/** What of a start's options matters here. */
type Making = Pick<EmbeddedOptions, "password" | "programs" | "signal">;

/** Folders this process works in now. One with our process id that is not among them is an earlier process's. */
const underWay = new Set<string>();

/**
 * Makes the data folder unless it is there. It is made aside and renamed when whole, so a folder that exists is never
 * half-done; what a crashed attempt left aside is removed.
 */
export async function initialise(place: Place, runner: Runner, making: Making): Promise<Result<void>> {
  try {
    if (await exists(join(place.data, "PG_VERSION"))) return ok(undefined);
    await rmdir(place.data).catch(() => undefined); // an empty folder is no obstacle
    if (await exists(place.data))
      return serverProblem(
        "BATON-POSTGRES-DATA",
        `The folder ${place.data} is not empty and holds no PostgreSQL data.`,
        "Move what it holds away, or name another state folder.",
      );
    await removeLeftovers(place.data);
    const aside = `${place.data}.init-${process.pid}-${randomBytes(4).toString("hex")}`;
    underWay.add(aside);
    try {
      return await initialiseAside(aside, place, runner, making);
    } finally {
      await removeFolder(aside);
      underWay.delete(aside);
    }
  } catch (error) {
    return folderProblem(place.data, error);
  }
}

async function initialiseAside(
  aside: string,
  place: Place,
  runner: Runner,
  making: Making,
): Promise<Result<void>> {
  const { password, signal } = making;
  const passwordFile = join(aside, "password");
  await mkdir(aside, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (runner.kind === "user")
    for (const path of [aside, passwordFile]) await chown(path, runner.uid, runner.gid);
  const outcome = await runInitdb(join(aside, "data"), passwordFile, place, runner, making);
  await rm(passwordFile, { force: true });
  if (outcome.status !== 0)
    return signal?.aborted === true
      ? serverProblem("BATON-POSTGRES-CANCELLED", "Making the database was cancelled.", "Start again.")
      : programProblem("initdb", place.data, outcome.output);
  await rename(join(aside, "data"), place.data).catch(async (error: unknown) => {
    // Another start on the same folder may have been first; its work is as good as ours.
    if (!(await exists(join(place.data, "PG_VERSION")))) throw error;
  });
  return ok(undefined);
}

async function runInitdb(
  data: string,
  passwordFile: string,
  place: Place,
  runner: Runner,
  { programs, signal }: Making,
): Promise<{ status: number | null; output: string }> {
  const args = ["-D", data, "-U", "baton", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  // The builtin provider knows C.UTF-8 on every system; the system's own locales differ from one to the next. It came
  // with PostgreSQL 17; what another one than npm's knows is not to be relied on.
  args.push("--encoding=UTF8", "--locale=C");
  if (programs === undefined) args.push("--locale-provider=builtin", "--builtin-locale=C.UTF-8");
  args.push("--no-sync", "--no-clean", "--no-instructions");
  const child = launch(
    runner,
    program(place.binaries, "initdb"),
    args,
    ["ignore", "pipe", "pipe"],
    dirname(data),
  );
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const cancel = () => child.kill("SIGTERM");
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return new Promise((resolve) => {
    const end = (status: number | null) => {
      signal?.removeEventListener("abort", cancel);
      resolve({ status, output });
    };
    child.once("error", (error) => {
      output += `\n${error.message}`;
      end(null);
    });
    child.once("close", end);
  });
}

/** Removes folders of attempts whose process is gone. */
async function removeLeftovers(data: string): Promise<void> {
  const start = `${basename(data)}.init-`;
  for (const name of await readdir(dirname(data))) {
    if (!name.startsWith(start)) continue;
    const folder = join(dirname(data), name);
    const pid = Number(name.slice(start.length).split("-")[0]);
    const busy = pid === process.pid ? underWay.has(folder) : Number.isInteger(pid) && (await isAlive(pid));
    if (!busy) await removeFolder(folder);
  }
}

/** An orphaned `initdb` may still write into the folder while it goes; hence the retries. */
const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });

/** Fails where that cannot be seen, as in another user's folder. */
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );
