/** Percent by version: where one tenant's requests for one service go. */
export type Weights = Readonly<Record<string, number>>;

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

/**
 * The weights at which `to` gets `percent` and the versions of `base` share the rest as they do there. All shares but the
 * largest are whole percents, so that they sum to 100 for a gateway that counts exactly; a share below one percent falls to the
 * largest. Where `base` names nothing but `to`, all stays there.
 */
export function weightsAt(base: Weights, to: string, percent: number): Weights {
  const others = Object.entries(withoutZeros(base)).filter(([version]) => version !== to);
  const whole = others.reduce((sum, [, share]) => sum + share, 0);
  const rest = 100 - percent;
  const [first] = others;
  if (first === undefined) return { [to]: 100 };
  const [largest] = others.reduce((most, one) => (one[1] > most[1] ? one : most), first);
  const shares = others.map(([version, share]): [string, number] => [
    version,
    version === largest ? 0 : Math.floor((rest * share) / whole),
  ]);
  const given = shares.reduce((sum, [, share]) => sum + share, 0);
  return withoutZeros({ ...Object.fromEntries(shares), [largest]: rest - given, [to]: percent });
}
