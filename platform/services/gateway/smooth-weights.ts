/** Percent by version, summing to 100. */
export type Weights = Readonly<Record<string, number>>;

/**
 * Chooses versions by smooth weighted round robin: over any 100 choices each version gets exactly its percent, spread
 * evenly, and a version of weight 0 is never chosen.
 */
export function smoothWeights(weights: Weights): () => string {
  const entries = Object.entries(weights)
    .filter(([, weight]) => weight > 0)
    .map(([version, weight]) => ({ version, weight, credit: 0 }));
  const total = entries.reduce((sum, entry) => sum + entry.weight, 0);
  const [first] = entries;
  if (first === undefined) throw new Error("a route needs at least one version with a weight");
  return () => {
    let best = first;
    for (const entry of entries) {
      entry.credit += entry.weight;
      if (entry.credit > best.credit) best = entry;
    }
    best.credit -= total;
    return best.version;
  };
}
