import { failed, ok, type Result, type TrafficShiftInput } from "@baton/core";

/** Percent by version; a share of nothing is left out, so that two routes that send alike are equal. */
export type Weights = Readonly<Record<string, number>>;

/** The weights a shift sets: the share to the new version, the rest to the one before. */
export function targetWeights(input: TrafficShiftInput): Result<Weights> {
  const { from, to, percent } = input;
  if (to === undefined || (from === undefined && percent < 100)) {
    return failed({
      code: "BATON-TRAFFIC-PLAN",
      message: `The plan does not say between which versions of ${input.service} traffic moves.`,
      remedy: "Make the plan again.",
    });
  }
  return ok(withoutZeros({ ...(from === undefined ? {} : { [from]: 100 - percent }), [to]: percent }));
}

/** The same weights with versions in order and shares of nothing left out. */
export const withoutZeros = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights)
      .filter(([, share]) => share > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Whether two routes send alike. */
export const sameWeights = (a: Weights, b: Weights): boolean =>
  JSON.stringify(Object.entries(withoutZeros(a))) === JSON.stringify(Object.entries(withoutZeros(b)));

/** Versions that these weights send nothing to, of all those named. */
export const withoutShare = (
  versions: readonly (string | undefined)[],
  weights: Weights,
): readonly string[] =>
  [...new Set(versions)]
    .filter((one) => one !== undefined)
    .filter((version) => (weights[version] ?? 0) === 0);
