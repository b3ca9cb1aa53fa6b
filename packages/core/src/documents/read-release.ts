import { type Catalogue, catalogue as everyKind } from "../actions/catalogue.ts";
import { fieldOf } from "../lint/duplicates.ts";
import { inFileOrder, lintRelease } from "../lint/lint-release.ts";
import { findReleaseDuplicates } from "../lint/release-duplicates.ts";
import { ReleaseName } from "../model/ids.ts";
import type { Platform } from "../model/platform.ts";
import { Release } from "../model/release.ts";
import { failed, ok, type Result } from "../problem.ts";
import { checkFields } from "./check-fields.ts";
import type { ReadDocument } from "./read-document.ts";
import { readYaml } from "./read-yaml.ts";

/**
 * Reads `release.yaml`. All problems at once, each with file, line, column and path: `BATON-YAML-SYNTAX`,
 * `BATON-RELEASE-FIELD`, `-KIND`, `-EACH`, `-AFTER`, `-SERVICE`, `-MIGRATION`, `-VERSION`, `-DUPLICATE`, `-PORT`,
 * `BATON-TEMPLATE-NAME`, `BATON-PLAN-CYCLE`. An unknown field does not hide what is wrong with the steps. Whether it fits the
 * platform is looked at where that is given.
 */
export function readRelease(
  text: string,
  file: string,
  catalogue: Catalogue = everyKind,
  platform: Platform | null = null,
): Result<ReadDocument<Release>> {
  const { data, places, problems: syntax } = readYaml(text, file);
  if (data === undefined) return failed(...syntax);
  const checked = checkFields(Release, data, { code: "BATON-RELEASE-FIELD", places, base: "" });
  // A first release finds nothing in service; what another one finds is not said in its file.
  const first = platform !== null && fieldOf(data, "from") === undefined;
  const facts = { places, catalogue, platform, present: first ? {} : null };
  if (checked.ok) {
    const problems = [...syntax, ...lintRelease({ ...facts, release: checked.value })];
    return problems.length === 0 ? ok({ document: checked.value, places }) : failed(...inFileOrder(problems));
  }
  const readable = Release.safeParse(withoutHead(checked.pruned));
  const rest = readable.success
    ? lintRelease({ ...facts, release: readable.data })
    : findReleaseDuplicates(data, places);
  return failed(...inFileOrder([...syntax, ...checked.problems, ...rest]));
}

/** The parts of a release that rules look at, under a sound head: what is wrong above must not hide what is wrong below. */
function withoutHead(data: unknown): unknown {
  const name = fieldOf(data, "release");
  return {
    release: ReleaseName.safeParse(name).success ? name : "R0",
    title: "-",
    channel: "GA",
    services: fieldOf(data, "services"),
    migrations: fieldOf(data, "migrations"),
    phases: fieldOf(data, "phases"),
  };
}
