import { type Command, Option } from "commander";
import { ExitCode } from "../exit-code.ts";
import type { CommandLine, Common } from "./command-line.ts";
import { count } from "./values.ts";

const aKey = (parent: Command): Command =>
  parent.option(
    "--key <file>",
    "a public key to trust beside this machine's own; may be given again",
    (file: string, files: readonly string[]) => [...files, file],
    [],
  );

/** The journal's evidence. */
export function addAuditCommands({ program, command, act }: CommandLine): void {
  const audit = program.command("audit").description("the journal's evidence").exitOverride();
  aKey(command("verify", "check the journal against its hashes, its signatures and its anchor", audit))
    .option("--file <file>", "an export to check instead, alone: no database, no platform")
    .addOption(
      new Option(
        "--allow-unsigned <seconds>",
        "accept newest events that are not signed yet and not older, while a run is driven",
      )
        .argParser(count)
        .conflicts("file"),
    )
    .option("--anchor <file>", "with --file: the anchor to compare it with")
    .action(
      (o: Common & { key: readonly string[]; file?: string; anchor?: string; allowUnsigned?: number }) =>
        act(o, async (at, out) =>
          o.file === undefined
            ? (await import("../commands/audit-verify.ts")).auditVerify(at, out, o)
            : (await import("../commands/audit-verify-file.ts")).auditVerifyFile(at, out, {
                ...o,
                file: o.file,
              }),
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
            return (await import("../commands/audit-check-receipt.ts")).auditCheckReceipt(at, out, {
              ...o,
              check: o.check,
            });
          if (tenant === undefined) {
            process.stderr.write("error: name a tenant, or a receipt with --check\n");
            return ExitCode.usage;
          }
          return (await import("../commands/audit-receipt.ts")).auditReceipt(at, out, { ...o, tenant });
        }),
    );

  command("export", "the journal as JSON lines that can be checked alone", audit)
    .option("--run <id>", "only this run's events")
    .option("--out <file>", "where to write it; default: standard output")
    .action((o: Common & { run?: string; out?: string }) =>
      act(o, async (at, out) => (await import("../commands/audit-export.ts")).auditExport(at, out, o)),
    );

  command("sign", "sign how the journal stands now; a run that is driven does so by itself", audit).action(
    (o: Common) => act(o, async (at, out) => (await import("../commands/audit-sign.ts")).auditSign(at, out)),
  );

  command("key", "print the public key that the journal's signatures are checked with", audit).action(
    (o: Common) => act(o, async (at, out) => (await import("../commands/audit-key.ts")).auditKey(at, out)),
  );
}
