import { rmSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { asideDraft, asidePath, setLogAside } from "./set-aside.ts";

/** What is to be kept of the logs in a folder. */
export interface LogKeeping {
  readonly dir: string;
  /** Bytes beyond which a log is set aside. */
  readonly limit: number;
  /** Logs of programs that run no more, beyond which the oldest are removed. */
  readonly ended: number;
  /** Names of the programs that run or are about to; null while that is not known, and nothing is removed. */
  readonly inUse: () => ReadonlySet<string> | null;
  readonly log: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
}

/** Keeps logs within bounds until it is stopped. */
export interface LogKeeper {
  /** Resolves when nothing is being set aside any more. */
  stop(): Promise<void>;
}

const LOOK_MS = 500;
const LOG = /^(.+)\.log$/;
/** Sets its own log aside, by another name of the file: it opens it anew for each line. */
const KEEPS_ITSELF = "conductor";

/**
 * Looks at a folder of logs twice a second: what is beyond the limit is set aside while its program writes on, and of the logs of
 * programs that run no more only the newest stay. Needs nothing to be remembered: whoever looks next goes on.
 */
export function keepLogs(keeping: LogKeeping): LogKeeper {
  const unable = new Set<string>();
  let stopped = false;
  let wake = (): void => undefined;
  const work = async (): Promise<void> => {
    while (!stopped) {
      await lookOnce(keeping, unable).catch(() => undefined);
      if (stopped) return;
      await new Promise<void>((resolve) => {
        // Nothing is to live for the sake of its logs.
        const timer = setTimeout(resolve, LOOK_MS).unref();
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const working = work();
  return {
    stop() {
      stopped = true;
      wake();
      return working;
    },
  };
}

interface Found {
  readonly program: string;
  readonly path: string;
  readonly size: number;
  readonly changedAt: number;
}

async function lookOnce(keeping: LogKeeping, unable: Set<string>): Promise<void> {
  const found: Found[] = [];
  for (const name of await readdir(keeping.dir)) {
    const program = LOG.exec(name)?.[1];
    if (program === undefined) continue;
    const path = join(keeping.dir, name);
    const { size, mtimeMs } = await stat(path);
    found.push({ program, path, size, changedAt: mtimeMs });
  }
  for (const { program, path, size } of found)
    if (size > keeping.limit && program !== KEEPS_ITSELF) await aside(program, path, keeping, unable);
  removeEnded(found, keeping);
}

/** A log that cannot be set aside is said once: saying it twice a second would fill a log too. */
async function aside(program: string, path: string, keeping: LogKeeping, unable: Set<string>): Promise<void> {
  try {
    await setLogAside(path, keeping.limit);
    unable.delete(program);
  } catch (error) {
    await rm(asideDraft(path), { force: true }).catch(() => undefined);
    if (!unable.has(program)) keeping.log("a log cannot be set aside", { program, error: String(error) });
    unable.add(program);
  }
}

function removeEnded(found: readonly Found[], { inUse, ended, log }: LogKeeping): void {
  const used = inUse();
  if (used === null) return;
  const over = found
    .filter(({ program }) => !used.has(program) && program !== KEEPS_ITSELF)
    .sort((a, b) => b.changedAt - a.changedAt)
    .slice(ended);
  // In one go with the look at what is in use: nobody is started in between.
  for (const { program, path } of over) {
    rmSync(path, { force: true });
    rmSync(asidePath(path), { force: true });
    log("the log of a program that runs no more was removed", { program });
  }
}
