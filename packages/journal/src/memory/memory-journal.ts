import { randomUUID } from "node:crypto";
import {
  eventHash,
  type Journal,
  type Json,
  type Lease,
  NO_HASH,
  ok,
  type Result,
  type Snapshot,
  type StoredEvent,
  type StoredStatement,
  type StreamAppend,
} from "@baton/core";
import { isBelow } from "../below.ts";
import { checkBatch } from "../check-batch.ts";
import { dataText } from "../data-text.ts";
import { type EventRow, toEvents } from "../event-row.ts";
import { sha256 } from "../hash.ts";
import { closedProblem, epochProblem, heldProblem, sequenceProblem } from "../problems.ts";
import { checkTtl, LONGEST_TTL_MS } from "../ttl.ts";
import type { Upcast } from "../upcast.ts";
import { createWaiters } from "../waiters.ts";
import { memoryAudit } from "./memory-audit.ts";

export interface MemoryJournalOptions {
  /** The journal's clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Applied to each event that is read. */
  readonly upcast?: Upcast;
}

interface Head {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

/** Everything a memory journal holds. Values are kept as text, so that nobody can change them from outside. */
interface Contents {
  readonly events: EventRow[];
  readonly heads: Map<string, Head>;
  readonly leases: Map<string, Lease>;
  readonly snapshots: Map<string, Omit<Snapshot, "state"> & { readonly state: string }>;
  readonly documents: Map<string, string>;
  readonly statements: StoredStatement[];
  readonly progress: Map<string, Map<string, string>>;
}

/** A journal that lives as long as the process, for simulations and tests. It keeps the promises of the durable one. */
export function createMemoryJournal({
  now: clock,
  upcast = (event) => event,
}: MemoryJournalOptions): Journal {
  const contents: Contents = {
    events: [],
    heads: new Map(),
    leases: new Map(),
    snapshots: new Map(),
    documents: new Map(),
    statements: [],
    progress: new Map(),
  };
  const { events, heads, leases, snapshots, documents, progress } = contents;
  const waiters = createWaiters();
  let closed = false;
  /** After `close` nothing works any more, as with the durable journal. */
  const open = async <T>(work: () => Result<T>): Promise<Result<T>> => (closed ? closedProblem() : work());
  const now = (): number => Math.max(Math.floor(clock()), events.at(-1)?.at ?? 0);

  return {
    append: (batch, lease) =>
      open(() => {
        const stored = append(contents, batch, lease, Math.floor(clock()));
        const last = stored.ok ? stored.value.at(-1) : undefined;
        if (last !== undefined) waiters.appended([...new Set(batch.map((b) => b.stream))], last.position);
        return stored;
      }),
    read: (prefix, afterPosition = 0, limit = Number.POSITIVE_INFINITY) =>
      open(() => {
        const rows: EventRow[] = [];
        for (let i = Math.max(0, afterPosition); i < events.length && rows.length < limit; i++) {
          const event = events[i];
          if (event !== undefined && isBelow(event.stream, prefix)) rows.push(event);
        }
        return toEvents(rows, upcast);
      }),
    heads: (prefix) =>
      open(() => {
        const found = [...heads.values()].filter((head) => isBelow(head.stream, prefix));
        return ok(found.sort((a, b) => Buffer.compare(Buffer.from(a.stream), Buffer.from(b.stream))));
      }),
    changed: (prefix, position, timeoutMs, signal) => {
      const there = events.slice(Math.max(0, position)).some((event) => isBelow(event.stream, prefix));
      if (closed || there) return Promise.resolve(!closed);
      return waiters.wait(prefix, position, timeoutMs, signal);
    },
    now: () => open(() => ok(now())),
    saveSnapshot: (stream, snapshot) =>
      open(() => {
        const there = snapshots.get(stream);
        if (there === undefined || snapshot.position >= there.position)
          snapshots.set(stream, { ...snapshot, state: dataText(snapshot.state) });
        return ok(undefined);
      }),
    loadSnapshot: (stream) =>
      open(() => {
        const there = snapshots.get(stream);
        return ok(there === undefined ? null : { ...there, state: JSON.parse(there.state) as Json });
      }),
    saveDocument: (hash, bytes) =>
      open(() => {
        if (!documents.has(hash)) documents.set(hash, bytes);
        return ok(undefined);
      }),
    loadDocument: (hash) => open(() => ok(documents.get(hash) ?? null)),
    acquire: (name, owner, ttlMs) => open(() => acquire(leases, name, owner, ttlMs, Math.floor(clock()))),
    renew: (lease, ttlMs) =>
      open(() => {
        const checked = checkTtl(ttlMs);
        return checked.ok ? setExpiry(leases, lease, Math.floor(clock()) + ttlMs) : checked;
      }),
    release: (lease) =>
      open(() => {
        const released = setExpiry(leases, lease, 0);
        return released.ok ? ok(undefined) : released;
      }),
    leaseOf: (name) => open(() => ok(leases.get(name) ?? null)),
    saveProgress: (run, key, value) =>
      open(() => {
        const ofRun = progress.get(run) ?? new Map<string, string>();
        progress.set(run, ofRun.set(key, dataText(value)));
        return ok(undefined);
      }),
    loadProgress: (run) =>
      open(() => {
        const ofRun = [...(progress.get(run) ?? [])];
        return ok(Object.fromEntries(ofRun.map(([key, text]) => [key, JSON.parse(text) as Json])));
      }),
    audit: memoryAudit({ ...contents, id: randomUUID() }, open),
    close: async () => {
      closed = true;
      waiters.dismiss();
    },
  };
}

function append(
  contents: Contents,
  batch: readonly StreamAppend[],
  lease: Pick<Lease, "name" | "epoch"> | null,
  clock: number,
): Result<readonly StoredEvent[]> {
  const checked = checkBatch(batch);
  if (!checked.ok) return checked;
  if (lease !== null) {
    const held = contents.leases.get(lease.name);
    if (held?.epoch !== lease.epoch || held.expiresAt <= clock) return epochProblem(lease.name, lease.epoch);
  }
  const at = Math.max(clock, contents.events.at(-1)?.at ?? 0);
  const epoch = lease?.epoch ?? 0;
  const added: EventRow[] = [];
  const ends = new Map<string, Head>(); // kept aside until every part has passed
  for (const { stream, expectedSeq, events } of batch) {
    let head = ends.get(stream) ?? contents.heads.get(stream) ?? { stream, seq: 0, hash: NO_HASH };
    if (expectedSeq !== null && expectedSeq !== head.seq)
      return sequenceProblem(stream, expectedSeq, head.seq);
    for (const { type, version, data } of events) {
      const text = dataText(data);
      const seq = head.seq + 1;
      const previous = head.hash;
      const hash = eventHash(previous, { stream, seq, at, epoch, type, version, text }, sha256);
      const position = contents.events.length + added.length + 1;
      added.push({ stream, seq, position, at, epoch, type, version, data: text, hash, previous });
      head = { stream, seq, hash };
    }
    if (events.length > 0) ends.set(stream, head);
  }
  for (const [stream, head] of ends) contents.heads.set(stream, head);
  contents.events.push(...added);
  return toEvents(added, (event) => event);
}

function acquire(
  leases: Map<string, Lease>,
  name: string,
  owner: string,
  ttlMs: number,
  clock: number,
): Result<Lease> {
  const checked = checkTtl(ttlMs);
  if (!checked.ok) return checked;
  const there = leases.get(name);
  if (there !== undefined && there.owner !== owner && there.expiresAt > clock) {
    leases.set(name, { ...there, expiresAt: Math.min(there.expiresAt, clock + LONGEST_TTL_MS) });
    return heldProblem(name, there.owner, there.expiresAt);
  }
  // Higher than any epoch of any lease: what a target was fenced with by one run's holder must not outrank the next run's.
  const newest = Math.max(0, ...[...leases.values()].map((lease) => lease.epoch));
  const epoch = there?.owner === owner ? there.epoch : newest + 1;
  const since = there?.owner === owner ? there.since : clock;
  const lease = { name, owner, epoch, expiresAt: clock + ttlMs, since };
  leases.set(name, lease);
  return ok(lease);
}

function setExpiry(leases: Map<string, Lease>, lease: Lease, expiresAt: number): Result<Lease> {
  const there = leases.get(lease.name);
  if (there?.owner !== lease.owner || there.epoch !== lease.epoch || there.expiresAt === 0)
    return epochProblem(lease.name, lease.epoch);
  const changed = { ...there, expiresAt };
  leases.set(lease.name, changed);
  return ok(changed);
}
