/** Steps by id with what each waits for: a plan's index, or a release's steps expanded. */
interface Ordered {
  readonly steps: ReadonlyMap<string, { readonly after: readonly string[] }>;
}

/** All steps that have ended when this one starts. */
export function ancestorsOf(index: Ordered, id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...(index.steps.get(id)?.after ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(index.steps.get(next)?.after ?? []));
  }
  return found;
}
