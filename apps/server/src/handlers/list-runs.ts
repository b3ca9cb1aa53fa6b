import type { RunSummary } from "@baton/conductor";
import type { ListedRun } from "@baton/contracts";
import { type HistoryItem, historyItem } from "@baton/session";
import type { z } from "zod";
import { must } from "../api/api-error.ts";
import { runOfStream } from "../live/run-store.ts";
import type { Parts } from "../parts.ts";
import { pageOf } from "./paging.ts";

type Listed = z.output<typeof ListedRun>;

/** A run that ended is told the same until an event of it comes; so many are kept. */
const KEPT = 5_000;

/** Lists runs, the newest first. What has ended is read once. */
export function runLister({ session, follower, runs }: Parts) {
  const kept = new Map<string, HistoryItem>();
  follower.on({
    events: (batch) => {
      for (const { stream } of batch) kept.delete(runOfStream(stream) ?? "");
    },
  });

  async function itemOf(listed: RunSummary): Promise<HistoryItem> {
    const there = kept.get(listed.run);
    if (there !== undefined) return there;
    const before = follower.position;
    const item = await historyItem(session.journal, listed, follower.now());
    // What was appended while it was read may not be in it.
    if (listed.ended !== null && item.problem === null && follower.position === before)
      kept.set(listed.run, item);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) break;
      kept.delete(oldest);
    }
    return item;
  }

  return async (environment: string, query: { readonly limit: number; readonly cursor?: string }) => {
    const newestFirst = [...must(await runs.list(environment))].reverse();
    const page = pageOf(newestFirst, query, ({ run }) => run);
    const items = await Promise.all(page.items.map(async (listed) => bodyOf(await itemOf(listed), listed)));
    return { items, nextCursor: page.nextCursor };
  };
}

const bodyOf = ({ told, ...item }: HistoryItem, { planHash }: RunSummary): Listed => ({
  ...item,
  planHash,
  told: told === null ? null : { ...told, parked: [...told.parked] },
});
