import { knownNames } from "../documents/nearest.ts";
import type { ReleasePhase } from "../model/release.ts";
import { splitReference } from "../plan/expand.ts";
import type { Problem } from "../problem.ts";
import type { ReleaseRule } from "./release-facts.ts";

/** Every name in an `after` is a phase or a step of this release (`BATON-RELEASE-AFTER`). */
export const checkAfter: ReleaseRule = ({ release, places }) => {
  const phases = new Map(release.phases.map((phase) => [phase.id, phase]));
  return release.phases.flatMap((phase, index) => {
    const path = `phases[${index}]`;
    const unknownPhases = (phase.after ?? []).flatMap((name, position): Problem[] => {
      if (phases.has(name)) return [];
      const remedy = knownNames("phases", name, phases.keys());
      return [unknown(`There is no phase \`${name}\`.`, remedy, places(`${path}.after[${position}]`))];
    });
    const unknownSteps = phase.steps.flatMap((step, stepIndex) =>
      (step.after ?? []).flatMap((name, position): Problem[] => {
        const remedy = missing(name, phase, phases);
        if (remedy === null) return [];
        const where = places(`${path}.steps[${stepIndex}].after[${position}]`);
        return [
          unknown(`There is no step \`${name}\` for \`${phase.id}.${step.id}\` to wait for.`, remedy, where),
        ];
      }),
    );
    return [...unknownPhases, ...unknownSteps];
  });
};

const unknown = (message: string, remedy: string, where: Problem["where"]): Problem => ({
  code: "BATON-RELEASE-AFTER",
  message,
  remedy,
  ...(where === undefined ? {} : { where }),
});

/** Null when the step is there, else what to do. */
function missing(name: string, own: ReleasePhase, phases: ReadonlyMap<string, ReleasePhase>): string | null {
  const { phase: phaseId, step } = splitReference(name);
  const phase = phaseId === null ? own : phases.get(phaseId);
  if (phase?.steps.some((other) => other.id === step)) return null;
  const inPhase = own.steps.map((other) => other.id);
  const elsewhere = [...phases.values()].flatMap((other) => other.steps.map((s) => `${other.id}.${s.id}`));
  const known = phaseId === null ? inPhase : elsewhere;
  return `Name a step of the same phase, or \`phase.step\`. ${knownNames("steps", name, known)}`;
}
