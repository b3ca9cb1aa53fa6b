/** Counts the requests that each version is answering, by service and tenant. */
export interface InFlight {
  /** Counts one in and returns what counts it out; calling that twice counts once. */
  enter(service: string, tenant: string, version: string): () => void;
  /** Requests by version; a version without any is absent. */
  count(service: string, tenant: string): Record<string, number>;
}

/** An empty count. */
export function inFlight(): InFlight {
  const counts = new Map<string, Map<string, number>>();
  const keyOf = (service: string, tenant: string): string => `${service} ${tenant}`;
  const add = (key: string, version: string, change: 1 | -1): void => {
    const versions = counts.get(key) ?? new Map<string, number>();
    const next = (versions.get(version) ?? 0) + change;
    if (next === 0) versions.delete(version);
    else versions.set(version, next);
    if (versions.size === 0) counts.delete(key);
    else counts.set(key, versions);
  };
  return {
    enter: (service, tenant, version) => {
      const key = keyOf(service, tenant);
      let inside = true;
      add(key, version, 1);
      return () => {
        if (inside) add(key, version, -1);
        inside = false;
      };
    },
    count: (service, tenant) => Object.fromEntries(counts.get(keyOf(service, tenant)) ?? []),
  };
}
