import { InvalidArgumentError, Option } from "commander";
import type { BackupOptions } from "../commands/backup.ts";
import type { RestoreOptions } from "../commands/restore.ts";
import { ExitCode } from "../exit-code.ts";
import type { CommandLine, Common } from "./command-line.ts";

/** Backups and the way back from them. */
export function addBackupCommands({ command, act }: CommandLine): void {
  command("backup", "back Baton itself up, or tenants, while everything goes on; each is proven by a restore")
    .option("--out <dir>", "folder for the backups; default: backups/ in the state folder")
    .addOption(
      new Option("--tenant <id>", "one tenant's database, in place of Baton itself").conflicts([
        "all",
        "prove",
      ]),
    )
    .addOption(
      new Option("--all", "Baton itself, the platform's databases and every tenant's")
        .default(false)
        .conflicts("prove"),
    )
    .option("--name <name>", "what the backup is called", backupName, "manual")
    .option("--no-proof", "do not restore and compare it")
    .option("--prove <file>", "make none: restore this one into a database of its own, compare, and drop it")
    .addOption(
      new Option("--prune", "make none: remove what `backups` in platform.yaml lets go")
        .default(false)
        .conflicts(["tenant", "all", "prove"]),
    )
    .option("--dry-run", "with --prune: say what would go, and remove nothing", false)
    .action((o: Common & BackupOptions) =>
      act(o, async (at, out) => {
        if (!o.dryRun || o.prune) return (await import("../commands/backup.ts")).backup(at, out, o);
        process.stderr.write("error: --dry-run goes with --prune\n");
        return ExitCode.usage;
      }),
    );

  command("restore <file>", "bring Baton itself back from its backup into a new state folder (--state)")
    .option("--with <dir>", "restore the databases backed up in this folder as well")
    .option("--passphrase-file <file>", "holds the key file's passphrase; default: BATON_KEYS_PASSPHRASE")
    .action((file: string, o: Common & Omit<RestoreOptions, "file">) =>
      act(o, async (at, out) => (await import("../commands/restore.ts")).restore(at, out, { ...o, file })),
    );
}

/** What a backup may be called: it becomes part of a file's name. */
function backupName(text: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text))
    throw new InvalidArgumentError(
      "Use lower-case letters, digits and single dashes, beginning with a letter.",
    );
  return text;
}
