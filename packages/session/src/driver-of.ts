import type { Session } from "./session.ts";

/** Who holds the run's lease right now; null when nobody does. */
export async function driverOf(session: Pick<Session, "journal">, run: string): Promise<string | null> {
  const [lease, now] = [await session.journal.leaseOf(`run/${run}`), await session.journal.now()];
  if (!lease.ok || !now.ok || lease.value === null) return null;
  return lease.value.expiresAt > now.value ? lease.value.owner : null;
}
