import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRY = join(CHECKOUT, "apps/cli/bin/baton.mjs");
const MIGRATION = "releases/R2/migrations/encrypt-prompts";

/** How many tenants with how many prompts each, and whether the migration rests between its batches as shipped. */
export interface Size {
  readonly tenants: number;
  readonly prompts: number;
  readonly throttled: boolean;
}

/** A copy of D.Coder of that size with a state folder of its own. */
export interface BenchPlace {
  readonly platformDir: string;
  readonly stateDir: string;
  /** Runs a Baton command to its end; gives the last JSON line of its output and how long it took. Throws where it fails. */
  baton(...args: string[]): Promise<{ readonly json: unknown; readonly seconds: number }>;
  end(): Promise<void>;
}

/** Makes the copy. The programs are the checkout's own; what people write (platform, release, migration) is copied and changed. */
export function benchPlace(size: Size): BenchPlace {
  const root = mkdtempSync(join(tmpdir(), "baton-scale-"));
  const [platformDir, stateDir] = [join(root, "platform"), join(root, "state")];
  const from = join(CHECKOUT, "platform");
  for (const name of ["platform.yaml", "releases"]) {
    mkdirSync(platformDir, { recursive: true });
    cpSync(join(from, name), join(platformDir, name), { recursive: true });
  }
  for (const name of ["services", "shared", "seed", "workload", "package.json"])
    symlinkSync(join(from, name), join(platformDir, name));
  edit(join(platformDir, "platform.yaml"), (text) =>
    text.replace(
      /(seed:\n {2}command: .*\n {2}env:\n)/,
      `$1    TENANTS: "${size.tenants}"\n    PROMPTS: "${size.prompts}"\n`,
    ),
  );
  // The hold's time is people's; nobody waits for it here.
  edit(join(platformDir, "releases/R2/release.yaml"), (text) => text.replace("seconds: 600", "seconds: 1"));
  if (!size.throttled)
    edit(join(platformDir, MIGRATION, "migration.yaml"), (text) =>
      text.replaceAll(/batchRows: 50, pauseShare: [0-9.]+/g, "batchRows: 500, pauseShare: 0"),
    );
  const baton = (...args: string[]) =>
    run([...args, "--platform", platformDir, "--state", stateDir, "--json"]);
  return {
    platformDir,
    stateDir,
    baton,
    async end() {
      await baton("down");
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, "utf8");
  const after = change(before);
  if (after === before) throw new Error(`nothing changed in ${file}`);
  writeFileSync(file, after);
}

/** Exit code of a command that ends because a person is waited for: the hold. */
const WAITS = 4;

async function run(args: readonly string[]): Promise<{ json: unknown; seconds: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, said] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? 1)));
  if (code !== 0 && code !== WAITS) throw new Error(`baton ${args[0]} ended with ${code}\n${said}`);
  return {
    json: JSON.parse(out.trim().split("\n").at(-1) || "null"),
    seconds: (performance.now() - started) / 1000,
  };
}
