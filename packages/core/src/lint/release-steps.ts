import { resolveStep } from "../plan/resolve-step.ts";
import type { ReleaseRule } from "./release-facts.ts";

/** Every step has a known kind, an input of that kind, and names what the release brings. */
export const checkSteps: ReleaseRule = ({ release, places, catalogue, present }) =>
  release.phases.flatMap((phase, phaseIndex) =>
    phase.steps.flatMap((step, stepIndex) => {
      const ring = phase.each === "rings" ? "ring" : null;
      const path = `phases[${phaseIndex}].steps[${stepIndex}]`;
      const resolved = resolveStep(step, path, { release, places, catalogue, present, ring });
      return resolved.ok ? [] : resolved.problems;
    }),
  );
