import { type Where, where } from "@baton/session/where";
import { Command } from "commander";
import type { ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";

const EXIT_CODES = `
Exit codes: 0 done · 1 failed · 2 usage · 3 refused (proof, lint, policy) · 4 waits for a person · 5 needs an operator.`;

/** The options that every command has. */
export interface Common {
  readonly platform: string;
  readonly state: string;
  readonly json: boolean;
  readonly anchors?: string;
}

/** The command line while it is put together. */
export interface CommandLine {
  readonly program: Command;
  /** A command with the options all of them have, below `parent` where one is given. */
  command(spec: string, summary: string, parent?: Command): Command;
  /** Runs an action with its folders and its output, and sets the process's exit code from what it returns. */
  act(options: Common, action: (at: Where, output: Output) => Promise<ExitCode>): Promise<void>;
}

/** A command line without commands. */
export function createCommandLine(): CommandLine {
  const program = new Command("baton")
    .description(
      "Takes a platform of many services and many tenants from one release to the next, with nothing lost.",
    )
    .version("0.1.0")
    .showSuggestionAfterError()
    .showHelpAfterError("See `npx baton --help`, or a command's own with `npx baton COMMAND --help`.")
    .exitOverride()
    .addHelpText("after", EXIT_CODES);
  return {
    program,
    act,
    command: (spec, summary, parent = program) =>
      parent
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
        .exitOverride(),
  };
}

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
