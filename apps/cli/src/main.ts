import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { BackupOptions } from "./commands/backup.ts";
import type { RestoreOptions } from "./commands/restore.ts";
import { ExitCode } from "./exit-code.ts";
import { Output } from "./output.ts";
import { type Where, where } from "./session/options.ts";
import { readMoment } from "./support/moment.ts";

const EXIT_CODES = `
Exit codes: 0 done · 1 failed · 2 usage · 3 refused (proof, lint, policy) · 4 waits for a person · 5 needs an operator.`;

interface Common {
  readonly platform: string;
  readonly state: string;
  readonly json: boolean;
  readonly anchors?: string;
}

// Whoever reads us may stop early (`| head`): nothing more is to be said then, and the work goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const program = new Command("baton")
  .description(
    "Takes a platform of many services and many tenants from one release to the next, with nothing lost.",
  )
  .version("0.1.0")
  .showSuggestionAfterError()
  .showHelpAfterError("See `npx baton --help`, or a command's own with `npx baton COMMAND --help`.")
  .exitOverride()
  .addHelpText("after", EXIT_CODES);

/** A command with the options all of them have. Its exit code is what the action returns. */
function command(spec: string, summary: string, parent: Command = program): Command {
  return parent
    .command(spec)
    .description(summary)
    .option("--platform <dir>", "folder with platform.yaml and releases/", "platform")
    .option("--state <dir>", "folder for state, secrets and logs", ".baton")
    .option(
      "--anchors <dir>",
      "folder for anchors of the journal; default: platform.yaml's, else STATE/anchors",
    )
    .option("--json", "print the result as one JSON line on stdout, words on stderr", false)
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
}

/** What a backup may be called: it becomes part of a file's name. */
function backupName(text: string): string {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text))
    throw new InvalidArgumentError(
      "Use lower-case letters, digits and single dashes, beginning with a letter.",
    );
  return text;
}

/** Text that says something: what a person has to give a reason for is not done for an empty one. */
function words(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Say it in words.");
  return text.trim();
}

/** Runs an action with its folders and its output, and sets the process's exit code from what it returns. */
async function act(options: Common, action: (at: Where, output: Output) => Promise<ExitCode>): Promise<void> {
  const output = new Output({ json: options.json });
  try {
    process.exitCode = await action(where(options), output);
  } catch (error) {
    process.exitCode = output.problems([
      {
        code: "BATON-INTERNAL",
        message: error instanceof Error ? error.message : String(error),
        remedy:
          "This is a fault of Baton. What was journaled is safe: run `npx baton status`, then the same command again.",
      },
    ]);
    if (process.env.BATON_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}

command("start", "the whole demonstration: platform, users at work, plan, run, report")
  .option("--fresh", "begin again: stop what runs and remove the state folder first", false)
  .option("--yes", "approve the plan without being asked", false)
  .option("--exit", "leave at the end instead of staying up", false)
  .option("--no-drill", "do not take the run back once from its hold to measure the way back")
  .option("--release <name>", "the release to go to; default: the one that follows the first")
  .action((o: Common & { fresh: boolean; yes: boolean; exit: boolean; drill: boolean; release?: string }) =>
    act(o, async (at, out) => (await import("./start/start.ts")).start(at, out, o)),
  );

command("up", "start PostgreSQL, the key service and the platform at its first release").action((o: Common) =>
  act(o, async (at, out) => (await import("./commands/up.ts")).up(at, out)),
);

command("down", "stop everything in order").action((o: Common) =>
  act(o, async (at, out) => (await import("./commands/down.ts")).down(at, out)),
);

command("plan <release>", "show what a release will do, before anything moves").action(
  (release: string, o: Common) =>
    act(o, async (at, out) => (await import("./commands/plan.ts")).plan(at, out, release)),
);

command("run <release>", "plan, approve and execute; goes on with an interrupted run by itself")
  .option("--yes", "approve the plan without being asked", false)
  .option(
    "--ring <name>",
    "go no further than this ring, with all that goes before it; without, the whole way",
  )
  .option(
    "--tenant <id>",
    "go no further than this tenant of its ring; the others of the ring are left out for now",
  )
  .option(
    "--stand-by",
    "wait beside whoever drives the run, and take over within 10 s when that one is gone",
    false,
  )
  .option("--supersede", "take the place of the run that stopped half-way, from what is observed", false)
  .action(
    (
      release: string,
      o: Common & { yes: boolean; standBy: boolean; supersede: boolean; ring?: string; tenant?: string },
    ) => act(o, async (at, out) => (await import("./commands/run.ts")).run(at, out, { ...o, release })),
  );

command("status", "what is happening, is it safe, what does it wait for, what can you do")
  .option("--run <id>", "of this run; default: the one that goes on, else the last")
  .action((o: Common & { run?: string }) =>
    act(o, async (at, out) => (await import("./commands/status.ts")).status(at, out, o.run)),
  );

command("watch", "follow the run live, from any terminal, until it ends or waits for a person").action(
  (o: Common) => act(o, async (at, out) => (await import("./commands/watch.ts")).watch(at, out)),
);

command("approve", "show what stands behind the hold, and let the run past its approval gate")
  .option("--step <id>", "the gate, where the plan has several: PHASE.STEP")
  .option("--yes", "do not ask", false)
  .action((o: Common & { yes: boolean; step?: string }) =>
    act(o, async (at, out) => (await import("./commands/approve.ts")).approve(at, out, o)),
  );

command("rollback", "take the run back, or one tenant of it; every acknowledged write stays readable")
  .option("--yes", "do not ask", false)
  .option("--reason <text>", "why, for the journal", "asked for on the command line")
  .option(
    "--tenant <id>",
    "this tenant alone: it is parked until `baton retry --tenant`, the others stay or go on",
  )
  .action((o: Common & { yes: boolean; reason: string; tenant?: string }) =>
    act(o, async (at, out) => {
      const { rollback, rollbackTenant } = await import("./commands/rollback.ts");
      const { tenant, reason } = o;
      return tenant === undefined ? rollback(at, out, o) : rollbackTenant(at, out, { tenant, reason });
    }),
  );

command("pause", "let nothing more begin; what is under way comes to its outcome, times go on counting")
  .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
  .action((o: Common & { reason: string }) =>
    act(o, async (at, out) => (await import("./commands/pause.ts")).pause(at, out, o)),
  );

command("resume", "let a paused run go on").action((o: Common) =>
  act(o, async (at, out) => (await import("./commands/resume.ts")).resume(at, out)),
);

command("abort", "stop the run where it is; it can be retried or rolled back from there")
  .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
  .action((o: Common & { reason: string }) =>
    act(o, async (at, out) =>
      (await import("./commands/stop-run.ts")).stopRun(at, out, { reason: o.reason, emergency: false }),
    ),
  );

command("emergency-stop", "stop the run at once: what is under way is aborted, nothing more begins")
  .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
  .action((o: Common & { reason: string }) =>
    act(o, async (at, out) =>
      (await import("./commands/stop-run.ts")).stopRun(at, out, { reason: o.reason, emergency: true }),
    ),
  );

command("retry [step]", "give what failed its tries back; parked tenants catch up, a run that ended goes on")
  .option("--tenant <id>", "this tenant only")
  .action((step: string | undefined, o: Common & { tenant?: string }) =>
    act(o, async (at, out) =>
      (await import("./commands/retry.ts")).retry(at, out, { step, tenant: o.tenant }),
    ),
  );

command("skip <step>", "go on without a gate, a check or another step that has no effect on data or traffic")
  .requiredOption("--reason <text>", "why, for the journal and for whoever looks", words)
  .option("--tenant <id>", "this tenant's share only")
  .action((step: string, o: Common & { reason: string; tenant?: string }) =>
    act(o, async (at, out) =>
      (await import("./commands/skip.ts")).skip(at, out, { step, tenant: o.tenant, reason: o.reason }),
    ),
  );

command(
  "done <step>",
  "say that you brought a step's effect about by hand; it counts if it is observed there",
)
  .requiredOption("--evidence <text>", "how one can know, for the journal and for whoever looks", words)
  .option("--tenant <id>", "this tenant's share, of a step that fans out")
  .action((step: string, o: Common & { evidence: string; tenant?: string }) =>
    act(o, async (at, out) =>
      (await import("./commands/done.ts")).done(at, out, { step, tenant: o.tenant, evidence: o.evidence }),
    ),
  );

command("explain", "why the run waits, whom it waits for, and what leads on")
  .option("--run <id>", "of this run; default: the one that goes on, else the last")
  .action((o: Common & { run?: string }) =>
    act(o, async (at, out) => (await import("./commands/explain.ts")).explainRun(at, out, o.run)),
  );

const audit = program.command("audit").description("the journal's evidence").exitOverride();
const aKey = (parent: Command): Command =>
  parent.option(
    "--key <file>",
    "a public key to trust beside this machine's own; may be given again",
    (file: string, files: readonly string[]) => [...files, file],
    [],
  );

const count = (text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number from 1 to 9999999.");
};

const moment = (text: string): number => {
  const at = readMoment(text, Date.now());
  if (at !== null) return at;
  throw new InvalidArgumentError(
    "Write a time that has gone by (30s, 10m, 2h, 1d) or a date (2026-11-21T12:00Z).",
  );
};

command("history", "all runs of this environment, the newest first: when, who, how long, how they came out")
  .option("-n, --limit <n>", "so many of them", count, 20)
  .option("--cursor <id>", "only runs before this one, as the page before says")
  .action((o: Common & { limit: number; cursor?: string }) =>
    act(o, async (at, out) => (await import("./commands/history.ts")).history(at, out, o)),
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
    ) => act(o, async (at, out) => (await import("./commands/logs.ts")).logs(at, out, { ...o, program })),
  );
aKey(command("verify", "check the journal against its hashes, its signatures and its anchor", audit))
  .option("--file <file>", "an export to check instead, alone: no database, no platform")
  .option("--anchor <file>", "with --file: the anchor to compare it with")
  .action((o: Common & { key: readonly string[]; file?: string; anchor?: string }) =>
    act(o, async (at, out) =>
      o.file === undefined
        ? (await import("./commands/audit-verify.ts")).auditVerify(at, out, o)
        : (await import("./commands/audit-verify-file.ts")).auditVerifyFile(at, out, { ...o, file: o.file }),
    ),
  );

aKey(command("receipt [tenant]", "what a run did to one tenant, with its proof, in one file", audit))
  .option("--run <id>", "the run; default: the one that has not ended, else the last")
  .option("--out <file>", "where to write it; default: receipt-TENANT-RUN.json")
  .option("--check <file>", "check a receipt instead, alone: no database, no platform")
  .action(
    (
      tenant: string | undefined,
      o: Common & { key: readonly string[]; run?: string; out?: string; check?: string },
    ) =>
      act(o, async (at, out) => {
        if (o.check !== undefined)
          return (await import("./commands/audit-check-receipt.ts")).auditCheckReceipt(at, out, {
            ...o,
            check: o.check,
          });
        if (tenant === undefined) {
          process.stderr.write("error: name a tenant, or a receipt with --check\n");
          return ExitCode.usage;
        }
        return (await import("./commands/audit-receipt.ts")).auditReceipt(at, out, { ...o, tenant });
      }),
  );

command("export", "the journal as JSON lines that can be checked alone", audit)
  .option("--run <id>", "only this run's events")
  .option("--out <file>", "where to write it; default: standard output")
  .action((o: Common & { run?: string; out?: string }) =>
    act(o, async (at, out) => (await import("./commands/audit-export.ts")).auditExport(at, out, o)),
  );

command("sign", "sign how the journal stands now; a run that is driven does so by itself", audit).action(
  (o: Common) => act(o, async (at, out) => (await import("./commands/audit-sign.ts")).auditSign(at, out)),
);

command("key", "print the public key that the journal's signatures are checked with", audit).action(
  (o: Common) => act(o, async (at, out) => (await import("./commands/audit-key.ts")).auditKey(at, out)),
);

command(
  "support-bundle",
  "one file for whoever looks for a fault: facts, plan, events, logs, without secrets",
)
  .option("--out <file>", "where to write it; default: baton-support-TIME.tar.gz in this folder")
  .option("--run <id>", "with this run; default: the one that goes on, else the last")
  .action((o: Common & { out?: string; run?: string }) =>
    act(o, async (at, out) => (await import("./commands/support-bundle.ts")).supportBundle(at, out, o)),
  );

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
  .action((o: Common & BackupOptions) =>
    act(o, async (at, out) => (await import("./commands/backup.ts")).backup(at, out, o)),
  );

command("restore <file>", "bring Baton itself back from its backup into a new state folder (--state)")
  .option("--with <dir>", "restore the databases backed up in this folder as well")
  .option("--passphrase-file <file>", "holds the key file's passphrase; default: BATON_KEYS_PASSPHRASE")
  .action((file: string, o: Common & Omit<RestoreOptions, "file">) =>
    act(o, async (at, out) => (await import("./commands/restore.ts")).restore(at, out, { ...o, file })),
  );

command("doctor", "look at this machine, this checkout and what runs").action((o: Common) =>
  act(o, async (at, out) => (await import("./commands/doctor.ts")).doctor(at, out)),
);

// A terminal that is closed takes its streams along. What is left to do, stopping in order first of all, is done all the same.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
}
