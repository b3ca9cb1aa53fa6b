import { loadDefinition, openSession, startWorkload } from "@baton/session";
import { expect } from "vitest";
import { until } from "../test/baton-process.ts";
import { must } from "../test/live-platform.ts";
import type { Place } from "./place.ts";

/** Puts users to work until they have written so much: none of their requests failed, and every write is read back. */
export async function usersAreServed(place: Place, writes: number): Promise<void> {
  const at = { platformDir: place.platformDir, stateDir: place.stateDir };
  const session = must(await openSession(at, must(await loadDefinition(at.platformDir))));
  const workload = must(await startWorkload(session, AbortSignal.timeout(60_000)));
  await session.close();
  const stats = await until("users have written something", async () => {
    const seen = await workload?.stats();
    return seen?.ok && seen.value.writes.acknowledged >= writes ? seen.value : null;
  });
  expect(stats.requests.failed, JSON.stringify(stats.recentFailures)).toBe(0);
  expect(must((await workload?.verify()) ?? { ok: false, problems: [] })).toMatchObject({ lost: 0 });
}
