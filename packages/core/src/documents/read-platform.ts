import { findPlatformDuplicates, lintPlatform } from "../lint/lint-platform.ts";
import { inFileOrder } from "../lint/lint-release.ts";
import { Platform } from "../model/platform.ts";
import { failed, ok, type Result } from "../problem.ts";
import { checkFields } from "./check-fields.ts";
import type { ReadDocument } from "./read-document.ts";
import { readYaml } from "./read-yaml.ts";

/**
 * Reads `platform.yaml`. All problems at once, each with file, line, column and path: `BATON-YAML-SYNTAX`,
 * `BATON-PLATFORM-FIELD`, `-PORT`, `-RING`, `-NAME`, `BATON-TEMPLATE-NAME`, `BATON-PLAN-CYCLE`.
 */
export function readPlatform(text: string, file: string): Result<ReadDocument<Platform>> {
  const { data, places, problems: syntax } = readYaml(text, file);
  if (data === undefined) return failed(...syntax);
  const checked = checkFields(Platform, data, { code: "BATON-PLATFORM-FIELD", places, base: "" });
  if (checked.ok) {
    const problems = [...syntax, ...lintPlatform(checked.value, places)];
    return problems.length === 0 ? ok({ document: checked.value, places }) : failed(...inFileOrder(problems));
  }
  const pruned = Platform.safeParse(checked.pruned);
  const rest = pruned.success ? lintPlatform(pruned.data, places) : findPlatformDuplicates(data, places);
  return failed(...inFileOrder([...syntax, ...checked.problems, ...rest]));
}

/**
 * The platform of a text whose fields can be understood, also where something else is wrong with it: so that its releases are
 * looked at in the same go. Null where they cannot.
 */
export function readablePlatform(text: string): Platform | null {
  const { data, places } = readYaml(text, "");
  if (data === undefined) return null;
  const checked = checkFields(Platform, data, { code: "BATON-PLATFORM-FIELD", places, base: "" });
  if (checked.ok) return checked.value;
  const pruned = Platform.safeParse(checked.pruned);
  return pruned.success ? pruned.data : null;
}
