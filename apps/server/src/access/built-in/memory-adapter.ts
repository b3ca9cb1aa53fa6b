import type { Adapter, AdapterPayload } from "oidc-provider";

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** How many writes pass between two sweeps of what has expired. */
const SWEEP_EVERY = 500;

/**
 * Keeps what the provider knows between the steps of one sign-in. It lives for minutes: after a restart a sign-in under way is begun
 * again, and nobody who is signed in notices.
 */
export function memoryAdapter(now: () => number): (model: string) => Adapter {
  const entries = new Map<string, Entry>();
  const uids = new Map<string, string>();
  let writes = 0;
  const drop = (key: string): void => {
    const uid = entries.get(key)?.payload.uid;
    if (uid !== undefined) uids.delete(uid);
    entries.delete(key);
  };
  const live = (key: string | undefined): AdapterPayload | undefined => {
    const entry = key === undefined ? undefined : entries.get(key);
    return entry !== undefined && entry.expiresAt > now() ? entry.payload : undefined;
  };
  return (model) => {
    const keyOf = (id: string): string => `${model}:${id}`;
    return {
      upsert: async (id, payload, seconds) => {
        writes += 1;
        if (writes % SWEEP_EVERY === 0)
          for (const [key, { expiresAt }] of entries) if (expiresAt <= now()) drop(key);
        entries.set(keyOf(id), { payload, expiresAt: now() + (seconds ?? 0) * 1_000 });
        if (payload.uid !== undefined) uids.set(payload.uid, keyOf(id));
      },
      find: async (id) => live(keyOf(id)),
      findByUid: async (uid) => live(uids.get(uid)),
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const payload = live(keyOf(id));
        if (payload !== undefined) payload.consumed = Math.floor(now() / 1_000);
      },
      destroy: async (id) => drop(keyOf(id)),
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of entries) if (payload.grantId === grantId) drop(key);
      },
    };
  };
}
