import type { Problem } from "@baton/core";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";

/** Prints why a person's word to a run did not count. That is a refusal, where it is not the world's fault. */
export function refused(output: Output, problems: readonly Problem[]): ExitCode {
  const code = output.problems(problems);
  return problems.every((one) => /^BATON-(RUN|ACTION)-/.test(one.code)) ? ExitCode.refused : code;
}
