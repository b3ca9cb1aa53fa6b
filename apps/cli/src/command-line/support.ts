import type { CommandLine, Common } from "./command-line.ts";
import { count, moment } from "./values.ts";

/** What helps whoever looks for a fault. */
export function addSupportCommands({ command, act }: CommandLine): void {
  command("history", "all runs of this environment, the newest first: when, who, how long, how they came out")
    .option("-n, --limit <n>", "so many of them", count, 20)
    .option("--cursor <id>", "only runs before this one, as the page before says")
    .action((o: Common & { limit: number; cursor?: string }) =>
      act(o, async (at, out) => (await import("../commands/history.ts")).history(at, out, o)),
    );

  command("logs [program]", "what programs logged, merged by time, without secrets; also when nothing runs")
    .option("-f, --follow", "go on with new lines until Ctrl-C", false)
    .option("-n, --lines <n>", "the newest so many lines", count, 100)
    .option("--run <id>", "only what was logged while this run was driven")
    .option("--since <time>", "only what is newer: 10m, 2h, or a date such as 2026-11-21T12:00Z", moment)
    .action(
      (
        program: string | undefined,
        o: Common & { follow: boolean; lines: number; run?: string; since?: number },
      ) => act(o, async (at, out) => (await import("../commands/logs.ts")).logs(at, out, { ...o, program })),
    );

  command(
    "support-bundle",
    "one file for whoever looks for a fault: facts, plan, events, logs, without secrets",
  )
    .option("--out <file>", "where to write it; default: baton-support-TIME.tar.gz in this folder")
    .option("--run <id>", "with this run; default: the one that goes on, else the last")
    .action((o: Common & { out?: string; run?: string }) =>
      act(o, async (at, out) => (await import("../commands/support-bundle.ts")).supportBundle(at, out, o)),
    );

  command("doctor", "look at this machine, this checkout and what runs").action((o: Common) =>
    act(o, async (at, out) => (await import("../commands/doctor.ts")).doctor(at, out)),
  );
}
