import { type Problem, ProblemError } from "@baton/core";

/** What went wrong, as problems a person can act on, whatever was thrown. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof ProblemError) return error.problems;
  return [
    {
      code: "BATON-WEB-UNEXPECTED",
      message: error instanceof Error ? error.message : String(error),
      remedy: "Reload the page. If it comes back, run `baton support-bundle` and report it.",
    },
  ];
}
