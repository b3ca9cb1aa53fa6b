import type { Problem } from "../problem.ts";
import { checkAfter } from "./release-after.ts";
import { checkBackups } from "./release-backups.ts";
import { checkCycles } from "./release-cycle.ts";
import { findReleaseDuplicates } from "./release-duplicates.ts";
import type { ReleaseFacts, ReleaseRule } from "./release-facts.ts";
import { checkServices } from "./release-services.ts";
import { checkSteps } from "./release-steps.ts";
import { checkReleaseTemplates } from "./release-templates.ts";

const rules: readonly ReleaseRule[] = [
  ({ release, places }) => findReleaseDuplicates(release, places),
  checkServices,
  checkSteps,
  checkAfter,
  checkCycles,
  checkBackups,
  checkReleaseTemplates,
];

/** All that is wrong with a release as it is written, in the order of the file. Says nothing about what is not known yet. */
export function lintRelease(facts: ReleaseFacts): readonly Problem[] {
  return inFileOrder(rules.flatMap((rule) => rule(facts)));
}

/** Problems by line, then column; the same problem once. */
export function inFileOrder(problems: readonly Problem[]): readonly Problem[] {
  const once = new Map(
    problems.map((problem) => [JSON.stringify([problem.code, problem.message, problem.where]), problem]),
  );
  return [...once.values()].sort(
    (a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0) || (a.where?.column ?? 0) - (b.where?.column ?? 0),
  );
}
