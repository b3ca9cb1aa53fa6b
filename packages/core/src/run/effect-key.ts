/**
 * Name of one effect, `run/step/unit/direction/generation`. The same through every retry and every crash, so that a target
 * can tell a repetition from something new. Compared whole and never taken apart: tenants' names may hold slashes.
 */
export const effectKey = (
  run: string,
  step: string,
  unit: string,
  direction: "do" | "undo",
  generation: number,
): string => `${run}/${step}/${unit}/${direction}/${generation}`;
