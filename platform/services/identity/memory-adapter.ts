import type { Adapter, AdapterPayload } from "oidc-provider";

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How many writes pass between two sweeps of what has expired. */
const SWEEP_EVERY = 1000;

/**
 * Keeps sessions, grants and codes in memory. They are short-lived: after a restart people sign in again, while access
 * tokens stay valid because their keys are in the database.
 */
export function memoryAdapter(now: () => number = Date.now): (model: string) => Adapter {
  const entries = new Map<string, Entry>();
  const sessionsByUid = new Map<string, string>();
  let writes = 0;

  const sweep = (): void => {
    const at = now();
    for (const [key, entry] of entries) {
      if (entry.expiresAt > at) continue;
      entries.delete(key);
      if (entry.payload.uid !== undefined) sessionsByUid.delete(entry.payload.uid);
    }
  };
  const live = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAt > now() ? entry.payload : undefined;
  };

  return (model) => ({
    upsert: async (id, payload, expiresIn) => {
      writes += 1;
      if (writes % SWEEP_EVERY === 0) sweep();
      const expiresAt = expiresIn === undefined ? Number.POSITIVE_INFINITY : now() + expiresIn * 1000;
      entries.set(`${model}:${id}`, { payload, expiresAt });
      if (model === "Session" && payload.uid !== undefined) sessionsByUid.set(payload.uid, id);
    },
    find: async (id) => live(`${model}:${id}`),
    findByUid: async (uid) => {
      const id = sessionsByUid.get(uid);
      return id === undefined ? undefined : live(`${model}:${id}`);
    },
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const payload = live(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(now() / 1000);
    },
    destroy: async (id) => {
      entries.delete(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, entry] of entries) if (entry.payload.grantId === grantId) entries.delete(key);
    },
  });
}
