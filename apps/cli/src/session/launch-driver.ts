import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Where } from "@baton/session";

/** This very program, as it was started: Node with its options, and Baton's main. */
export const thisProgram = (
  ...words: readonly string[]
): { readonly file: string; readonly args: string[] } => ({
  file: process.execPath,
  args: [...process.execArgv, process.argv[1] ?? "", ...words],
});

/** The words by which another Baton works at the same place. */
export const placeWords = ({ platformDir, stateDir, anchorsDir }: Where): readonly string[] => [
  "--platform",
  platformDir,
  "--state",
  stateDir,
  ...(anchorsDir === undefined ? [] : ["--anchors", anchorsDir]),
];

/** Starts `baton drive` for a run in a process of its own, which goes on when we end. What it says is in `logs/drive.log`. */
export const launchDriver =
  (where: Where) =>
  async (run: string): Promise<void> => {
    const logs = join(where.stateDir, "logs");
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    const log = openSync(join(logs, "drive.log"), "a", 0o600);
    try {
      const { file, args } = thisProgram("drive", run, ...placeWords(where));
      const child = spawn(file, args, { detached: true, stdio: ["ignore", log, log] });
      child.unref();
      await once(child, "spawn");
    } finally {
      closeSync(log);
    }
  };
