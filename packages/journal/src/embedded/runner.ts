import { type ChildProcess, execFile, type StdioOptions, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";

/**
 * As whom PostgreSQL's programs run. PostgreSQL refuses root. `namespace` is root in a user namespace in which it has
 * the number of an ordinary user: files stay where they are, also under a folder only root may enter. `user` gives up
 * root for real and needs folders which that user can reach.
 */
export type Runner =
  | { readonly kind: "direct" }
  | { readonly kind: "namespace"; readonly uid: number; readonly gid: number }
  | { readonly kind: "user"; readonly uid: number; readonly gid: number };

/** The runner for this process: found by trying, since containers often forbid user namespaces. */
export async function chooseRunner(): Promise<Runner> {
  if (process.getuid?.() !== 0) return { kind: "direct" };
  const { uid, gid } = await ordinaryUser();
  if (platform() === "linux" && (await namespaceWorks(uid, gid))) return { kind: "namespace", uid, gid };
  return { kind: "user", uid, gid };
}

/** `initdb` looks its user up by number, so it must be one that the machine knows: nobody, else any but root. */
async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile("/etc/passwd", "utf8").catch(() => "")).split("\n");
  const users = lines
    .map((line) => line.split(":"))
    .map((fields) => ({ name: fields[0], uid: Number(fields[2]), gid: Number(fields[3]) }))
    .filter((user) => user.uid > 0 && user.gid > 0);
  const user = users.find((u) => u.name === "nobody") ?? users.find((u) => u.uid >= 1000) ?? users[0];
  return { uid: user?.uid ?? 65534, gid: user?.gid ?? 65534 };
}

/** The program of util-linux that enters a namespace. */
const namespaceProgram = "unshare";

const namespaceArguments = (uid: number, gid: number): readonly string[] => [
  "--user",
  `--map-user=${uid}`,
  `--map-group=${gid}`,
];

function namespaceWorks(uid: number, gid: number): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(
      namespaceProgram,
      [...namespaceArguments(uid, gid), "id", "-u"],
      { timeout: 5000 },
      (error, stdout) => resolve(error === null && stdout.trim() === String(uid)),
    );
  });
}

/** What a program of PostgreSQL gets to see of our environment: nothing that could hold a secret or redirect it. */
function cleanEnvironment(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot"];
  const env: Record<string, string> = { LC_ALL: "C", TZ: "UTC" };
  for (const name of kept) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** Starts a program as the runner's user, in a session of its own, so that a Ctrl-C for us is none for it. */
export function launch(
  runner: Runner,
  command: string,
  args: readonly string[],
  stdio: StdioOptions,
  cwd: string,
): ChildProcess {
  const options = { stdio, cwd, env: cleanEnvironment(), detached: true };
  if (runner.kind === "namespace")
    return spawn(
      namespaceProgram,
      [...namespaceArguments(runner.uid, runner.gid), command, ...args],
      options,
    );
  if (runner.kind === "user") return spawn(command, args, { ...options, uid: runner.uid, gid: runner.gid });
  return spawn(command, args, options);
}
