/** What sorting found: all that could be ordered, and one cycle where there is one. */
export interface Order {
  /** Every id after all it waits for; ids on or behind a cycle are missing. Ties keep the order given. */
  readonly order: readonly string[];
  /** A cycle as its path with the first id again at the end, `[a, b, a]`; null when there is none. */
  readonly cycle: readonly string[] | null;
}

/** Sorts ids so that each stands behind what it waits for. Ids that `after` names and that are not among `ids` are passed over. */
export function topologicalOrder(ids: readonly string[], after: (id: string) => readonly string[]): Order {
  const position = new Map(ids.map((id, index) => [id, index]));
  const waits = new Map<string, number>();
  const followers = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const id of ids) {
    const before = [...new Set(after(id))].filter((name) => position.has(name));
    waits.set(id, before.length);
    for (const name of before) followers.get(name)?.push(id);
  }
  const order: string[] = [];
  let wave = ids.filter((id) => waits.get(id) === 0);
  while (wave.length > 0) {
    order.push(...wave);
    const freed: string[] = [];
    for (const id of wave) {
      for (const follower of followers.get(id) ?? []) {
        const left = (waits.get(follower) ?? 0) - 1;
        waits.set(follower, left);
        if (left === 0) freed.push(follower);
      }
    }
    wave = freed.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  }
  if (order.length === ids.length) return { order, cycle: null };
  const sorted = new Set(order);
  return {
    order,
    cycle: findCycle(
      ids.filter((id) => !sorted.has(id)),
      after,
    ),
  };
}

/** Among ids that could not be sorted, each waits for another of them: walking back must come round. */
function findCycle(unsorted: readonly string[], after: (id: string) => readonly string[]): readonly string[] {
  const left = new Set(unsorted);
  const path: string[] = [];
  const seenAt = new Map<string, number>();
  let id = unsorted[0];
  while (id !== undefined && !seenAt.has(id)) {
    seenAt.set(id, path.length);
    path.push(id);
    id = after(id).find((name) => left.has(name));
  }
  if (id === undefined) return [];
  return [...path.slice(seenAt.get(id)), id];
}
