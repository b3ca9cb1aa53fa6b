import type { Catalogue } from "../actions/catalogue.ts";
import type { ActionDefinition, CompileContext } from "../actions/definition.ts";
import { checkFields } from "../documents/check-fields.ts";
import { knownNames } from "../documents/nearest.ts";
import type { Places } from "../documents/places.ts";
import { PlanStep } from "../model/plan.ts";
import type { Release, ReleaseStep } from "../model/release.ts";
import type { Problem, Result } from "../problem.ts";
import { fillTemplates } from "./templates.ts";

/** What a step is looked at with. */
export interface StepContext {
  readonly release: Release;
  readonly places: Places;
  readonly catalogue: Catalogue;
  readonly present: Readonly<Record<string, string>> | null;
  readonly migrations?: CompileContext["migrations"];
  readonly halfway?: CompileContext["halfway"];
  /** Tenants of a fan-out. */
  readonly units?: readonly string[] | null;
  /** Fills `${ring}`; null in a phase that is no ring's. */
  readonly ring: string | null;
}

/** A step whose kind is known and whose input is valid and whole. */
export interface ResolvedStep {
  readonly definition: ActionDefinition;
  readonly input: PlanStep["input"];
}

/** Finds the kind of a step, fills, checks and completes its input. All problems at once, each with its place. */
export function resolveStep(step: ReleaseStep, path: string, context: StepContext): Result<ResolvedStep> {
  const { release, places, catalogue, present, migrations, halfway, units, ring } = context;
  const definition = catalogue.get(step.kind);
  if (definition === undefined) {
    const problem: Problem = {
      code: "BATON-RELEASE-KIND",
      message: `\`${step.kind}\` is not a step kind.`,
      remedy: knownNames("kinds", step.kind, catalogue.keys()),
      where: places(`${path}.kind`),
    };
    return { ok: false, problems: [problem] };
  }
  const problems: Problem[] = [...checkEach(step, definition, path, places)];
  const values = { release: release.release, ...(ring === null ? {} : { ring }) };
  const written = fillTemplates(step.with, values);
  const checked = checkFields(definition.input, written, {
    code: "BATON-RELEASE-FIELD",
    places,
    base: `${path}.with`,
  });
  if (!checked.ok) return { ok: false, problems: [...problems, ...checked.problems] };
  const compile: CompileContext = {
    ...{ release, present, path: `${path}.with` },
    ...(migrations === undefined ? {} : { migrations }),
    ...(halfway === undefined ? {} : { halfway }),
    ...(units === undefined || units === null ? {} : { units }),
  };
  for (const problem of definition.check(checked.value, compile)) {
    problems.push({ ...problem, where: places(problem.where?.path ?? path) });
  }
  if (problems.length > 0) return { ok: false, problems };
  const input = PlanStep.shape.input.parse(definition.complete(checked.value, compile));
  return { ok: true, value: { definition, input } };
}

function checkEach(
  step: ReleaseStep,
  definition: ActionDefinition,
  path: string,
  places: Places,
): readonly Problem[] {
  if (definition.fanOut === "required" && step.each === undefined) {
    return [
      {
        code: "BATON-RELEASE-EACH",
        message: `\`${step.id}\` does not say for whom: ${definition.kind} is done for each tenant.`,
        remedy: "Add `each: tenants` to the step.",
        where: places(path),
      },
    ];
  }
  if (definition.fanOut === "never" && step.each !== undefined) {
    return [
      {
        code: "BATON-RELEASE-EACH",
        message: `\`${step.id}\` cannot be done for each tenant: ${definition.kind} is done once.`,
        remedy: "Take `each` out of the step.",
        where: places(`${path}.each`, "key"),
      },
    ];
  }
  return [];
}
