import {
  failed,
  ok,
  type Result,
  shiftBase,
  type TrafficShiftInput,
  type Weights,
  weightsAt,
} from "@baton/core";

/** The weights a shift sets for a tenant: the share to the new version, the rest to where its requests were found. */
export function targetWeights(input: TrafficShiftInput, tenant: string): Result<Weights> {
  const { from, to, percent } = input;
  if (to === undefined || (from === undefined && percent < 100)) {
    return failed({
      code: "BATON-TRAFFIC-PLAN",
      message: `The plan does not say between which versions of ${input.service} traffic moves.`,
      remedy: "Make the plan again.",
    });
  }
  return ok(weightsAt(shiftBase(input, tenant), to, percent));
}

/** Versions that these weights send nothing to, of all those named. */
export const withoutShare = (
  versions: readonly (string | undefined)[],
  weights: Weights,
): readonly string[] =>
  [...new Set(versions)]
    .filter((one) => one !== undefined)
    .filter((version) => (weights[version] ?? 0) === 0);
