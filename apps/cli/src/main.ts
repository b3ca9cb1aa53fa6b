import { CommanderError } from "commander";
import { addAccessCommands } from "./command-line/access.ts";
import { addAuditCommands } from "./command-line/audit.ts";
import { addBackupCommands } from "./command-line/backups.ts";
import { createCommandLine } from "./command-line/command-line.ts";
import { addControlCommands } from "./command-line/control.ts";
import { addRunCommands } from "./command-line/runs.ts";
import { addServerCommands } from "./command-line/server.ts";
import { addSupportCommands } from "./command-line/support.ts";
import { ExitCode } from "./exit-code.ts";

// Whoever reads us may stop early (`| head`): nothing more is to be said then, and the work goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const line = createCommandLine();
addRunCommands(line);
addControlCommands(line);
addAuditCommands(line);
addBackupCommands(line);
addServerCommands(line);
addSupportCommands(line);
addAccessCommands(line);

// A terminal that is closed takes its streams along. What is left to do, stopping in order first of all, is done all the same.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

try {
  await line.program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
}
