import type { Place, Problem } from "@baton/core";
import { paintWith } from "./paint.ts";
import { columns, oneLine, type RenderOptions, wrap } from "./text.ts";

const INDENT = "  ";

/**
 * Problems as a person reads them, all of them, a blank line between two:
 *
 *     error BATON-PLAN-CYCLE  releases/R2/release.yaml:41
 *       gateway → platform-api → orchestrator → gateway
 *       A service cannot wait for itself. Remove one of the three `after` entries.
 */
export function renderProblems(problems: readonly Problem[], options: RenderOptions): readonly string[] {
  return problems.flatMap((problem, index) => [
    ...(index === 0 ? [] : [""]),
    ...headline(problem, options),
    ...wrap(problem.message, options.width, INDENT),
    ...wrap(problem.remedy, options.width, INDENT),
  ]);
}

function headline(problem: Problem, options: RenderOptions): readonly string[] {
  const paint = paintWith(options.color);
  const place = problem.where === undefined ? "" : renderPlace(problem.where);
  const plain = `error ${problem.code}${place === "" ? "" : `  ${place}`}`;
  if (columns(plain) > options.width) {
    return [
      ...wrap(`error ${problem.code}`, options.width, INDENT, ""),
      ...wrap(place, options.width, INDENT),
    ];
  }
  return [plain.replace("error", paint.failed("error")).replace(problem.code, paint.strong(problem.code))];
}

/** Where a problem sits: `file:line` or `file:line:column`; the path inside the document where there is no line. */
function renderPlace(place: Place): string {
  const path = place.path ?? "";
  if (place.file === undefined) return oneLine(path);
  if (place.line === undefined) return oneLine(path === "" ? place.file : `${place.file} ${path}`);
  return oneLine(`${place.file}:${place.line}${place.column === undefined ? "" : `:${place.column}`}`);
}
