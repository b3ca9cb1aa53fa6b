import { type Problem, ProblemError, type Result } from "@baton/core";
import { freshness } from "./freshness.ts";

/** Takes an answer apart: its value, or its problems thrown. Notes on the way whether the server and its journal answer. */
export async function answered<T>(asking: Promise<Result<T>>): Promise<T> {
  const result = await asking;
  if (result.ok) {
    freshness.regain("server");
    freshness.regain("journal");
    return result.value;
  }
  noteProblems(result.problems);
  throw new ProblemError(...result.problems);
}

/** What problems say about whether anything that is shown can still be vouched for. */
export function noteProblems(problems: readonly Problem[]): void {
  const has = (code: string) => problems.some((problem) => problem.code === code);
  if (has("BATON-API-UNREACHABLE")) freshness.lose("server");
  else freshness.regain("server");
  if (has("BATON-JOURNAL-UNREACHABLE")) freshness.lose("journal");
  if (has("BATON-ACCESS-SIGN-IN") && !location.pathname.startsWith("/sign-in")) {
    const here = `${location.pathname}${location.search}`;
    location.assign(`/sign-in?return=${encodeURIComponent(here)}`);
  }
}
