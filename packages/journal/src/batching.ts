import { type Journal, type Lease, ok, type Result, type StoredEvent, type StreamAppend } from "@baton/core";

/** Collects appends into few commits. */
export interface Batcher {
  /** Like the journal's own `append`: all or nothing for this batch, with a result of its own. */
  append(batch: readonly StreamAppend[]): Promise<Result<readonly StoredEvent[]>>;
  /** Resolves when nothing is under way or waiting. */
  idle(): Promise<void>;
}

export interface BatcherOptions {
  /** Most events in one commit, unless a single batch holds more. 1,000 when not given. */
  readonly maxEvents?: number;
}

interface Waiting {
  readonly batch: readonly StreamAppend[];
  readonly events: number;
  readonly answer: (result: Result<readonly StoredEvent[]>) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Group commit: while one commit is under way, appends gather and share the next. One commit at a time and first come,
 * first served, so what a caller appends to a stream stays in its order. When a shared commit is refused because of
 * what one of them asked for, each is tried alone, so that nobody fails for another's fault.
 */
export function createBatcher(
  journal: Pick<Journal, "append">,
  lease: Pick<Lease, "name" | "epoch"> | null,
  { maxEvents = 1000 }: BatcherOptions = {},
): Batcher {
  const queue: Waiting[] = [];
  let working: Promise<void> | null = null;

  async function work(): Promise<void> {
    await Promise.resolve(); // what is appended in the same turn goes into the same commit
    for (let group = take(queue, maxEvents); group.length > 0; group = take(queue, maxEvents))
      await commit(journal, lease, group).catch((error: unknown) => {
        for (const waiting of group) waiting.fail(error); // a journal does not throw; if it does, nobody may hang
      });
    working = null;
  }

  return {
    append: (batch) =>
      new Promise((answer, fail) => {
        const events = batch.reduce((sum, entry) => sum + entry.events.length, 0);
        queue.push({ batch, events, answer, fail });
        working ??= work();
      }),
    idle: async () => {
      while (working !== null) await working;
    },
  };
}

function take(queue: Waiting[], maxEvents: number): readonly Waiting[] {
  let events = 0;
  let count = 0;
  for (const waiting of queue) {
    events += waiting.events;
    if (count > 0 && events > maxEvents) break;
    count++;
  }
  return queue.splice(0, count);
}

async function commit(
  journal: Pick<Journal, "append">,
  lease: Pick<Lease, "name" | "epoch"> | null,
  group: readonly Waiting[],
): Promise<void> {
  const result = await journal.append(
    group.flatMap((waiting) => waiting.batch),
    lease,
  );
  if (result.ok) {
    let start = 0;
    for (const { events, answer } of group) {
      answer(ok(result.value.slice(start, start + events)));
      start += events;
    }
    return;
  }
  const alone = result.problems.every((p) => ofOneBatch.has(p.code)) && group.length > 1;
  for (const waiting of group) waiting.answer(alone ? await journal.append(waiting.batch, lease) : result);
}

/** Faults of one batch. Any other is the same for all: the lease is gone, or the database is. */
const ofOneBatch: ReadonlySet<string> = new Set(["BATON-JOURNAL-SEQUENCE", "BATON-JOURNAL-INPUT"]);
