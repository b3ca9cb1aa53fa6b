import type { Problem } from "@baton/core";
import { type ExitCode, exitCodeOf } from "./exit-code.ts";
import { renderProblems } from "./render/problems.ts";

/** Where a command speaks: results on stdout, everything a person reads meanwhile on stderr when the result is JSON. */
export class Output {
  readonly json: boolean;
  readonly color: boolean;
  readonly width: number;

  constructor(options: { readonly json: boolean }) {
    this.json = options.json;
    this.color = !process.env.NO_COLOR && (this.json ? process.stderr.isTTY : process.stdout.isTTY) === true;
    this.width = Math.max(40, (this.json ? process.stderr.columns : process.stdout.columns) || 80);
  }

  /** The stream for words. With --json, stdout belongs to the one JSON line. */
  get words(): NodeJS.WriteStream {
    return this.json ? process.stderr : process.stdout;
  }

  get live(): boolean {
    return this.words.isTTY === true;
  }

  lines(...lines: readonly string[]): void {
    for (const line of lines) this.words.write(`${line}\n`);
  }

  /** A line beside the result, on stderr whatever the result is. */
  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** The result as one JSON line; nothing without --json. */
  result(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints the problems, as JSON on stdout too where that was asked for, and tells the exit code. */
  problems(problems: readonly Problem[]): ExitCode {
    process.stderr.write(
      `${renderProblems(problems, { color: !process.env.NO_COLOR && process.stderr.isTTY === true, width: this.width }).join("\n")}\n`,
    );
    this.result({ problems });
    return exitCodeOf(problems);
  }
}
