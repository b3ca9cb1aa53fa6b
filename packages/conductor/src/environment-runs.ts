import { Actor, failed, type Journal, type NewEvent, ok, type Result, type StoredEvent } from "@baton/core";
import { z } from "zod";
import { streams } from "./streams.ts";

const Opened = z.object({
  run: z.string(),
  release: z.string(),
  from: z.string(),
  planHash: z.string(),
  by: Actor,
});
const Reopened = z.object({ run: z.string() });
const Ended = z.object({ run: z.string(), outcome: z.string() });

/** A run as the list of its environment tells it. */
export interface RunSummary extends z.infer<typeof Opened> {
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly ended: { readonly outcome: string; readonly at: number } | null;
}

/** The fact that a run was opened, for its environment's stream. */
export const environmentRunOpened = (data: z.infer<typeof Opened>): NewEvent => ({
  type: "environment.run-opened",
  version: 1,
  data,
});

/** The fact that a run ended, appended together with the run's own last event. */
export const environmentRunEnded = (run: string, outcome: string): NewEvent => ({
  type: "environment.run-ended",
  version: 1,
  data: { run, outcome },
});

/** The fact that a run which had ended is open again: somebody wants it taken back. */
export const environmentRunReopened = (run: string): NewEvent => ({
  type: "environment.run-reopened",
  version: 1,
  data: { run },
});

/** An environment's runs in the order they were opened, and where their stream ends. */
export async function readEnvironment(
  journal: Journal,
  environment: string,
): Promise<Result<{ readonly runs: readonly RunSummary[]; readonly seq: number }>> {
  const runs = new Map<string, RunSummary>();
  let seq = 0;
  for (let position = 0; ; ) {
    const page = await journal.read(streams.environment(environment), position, 1_000);
    if (!page.ok) return page;
    for (const stored of page.value) {
      const understood = take(runs, stored);
      if (!understood.ok) return understood;
      position = stored.position;
      seq = stored.seq;
    }
    if (page.value.length === 0) return ok({ runs: [...runs.values()], seq });
  }
}

function take(runs: Map<string, RunSummary>, stored: StoredEvent): Result<void> {
  if (stored.version === 1 && stored.type === "environment.run-opened") {
    const opened = Opened.parse(stored.data);
    runs.set(opened.run, { ...opened, openedAt: stored.at, ended: null });
    return ok(undefined);
  }
  if (stored.version === 1 && stored.type === "environment.run-ended") {
    const ended = Ended.parse(stored.data);
    const run = runs.get(ended.run);
    if (run) runs.set(ended.run, { ...run, ended: { outcome: ended.outcome, at: stored.at } });
    return ok(undefined);
  }
  if (stored.version === 1 && stored.type === "environment.run-reopened") {
    const run = runs.get(Reopened.parse(stored.data).run);
    if (run) runs.set(run.run, { ...run, ended: null });
    return ok(undefined);
  }
  return failed({
    code: "BATON-RUN-NEWER",
    message: `${stored.stream} holds \`${stored.type}\` version ${stored.version}, which this Baton does not know.`,
    remedy: "Use the Baton that wrote it, or a newer one.",
  });
}
