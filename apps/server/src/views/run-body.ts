import type { RunBody } from "@baton/contracts";
import { type Lease, residueOf, summarize } from "@baton/core";
import type { KnownRun } from "../live/run-store.ts";

type Mutable<T> = T extends readonly (infer E)[]
  ? Mutable<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T;

/** A run as the API tells it, from its folded state. `now` is the journal's time. */
export function runBody({ loaded, listed }: KnownRun, lease: Lease | null, now: number): RunBody {
  const { index, state, position } = loaded;
  const { waiting, ended, rollback } = state;
  const driven = lease !== null && lease.expiresAt > now;
  const body = {
    ...summarize(index, state, now),
    position,
    at: now,
    title: index.plan.title,
    openedBy: listed.by,
    openedAt: listed.openedAt,
    waiting,
    ended,
    rollback,
    residue: residueOf(index, state),
    drivenBy: driven ? { owner: lease.owner, since: lease.since } : null,
  };
  // What core promises not to change, JSON does not know of.
  return body as Mutable<typeof body> as RunBody;
}
