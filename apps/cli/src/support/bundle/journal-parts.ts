import { type LoadedRun, runLease, streams } from "@baton/conductor";
import { type Journal, ok, type Result, type StoredEvent, summarize, toSnapshot } from "@baton/core";
import { historyPage } from "@baton/session";
import { type BundleFile, type Collected, json, lines, type Missing, type Part } from "./part.ts";

/** Most events of a run that are taken: its first and its last ones. */
const EVENTS = 50_000;
const PAGE = 2_000;
const RUNS = 50;

/** Runs from the journal: the history, and of the one in question plan, events, state, lease, figures and problems. */
export const journalParts = (
  journal: Journal,
  environment: string,
  find: () => Promise<Result<LoadedRun | null>>,
): readonly Part[] => [
  {
    what: "history of runs",
    async collect() {
      const page = await historyPage(journal, environment, { limit: RUNS, cursor: null });
      const heads = await journal.heads("");
      return {
        files: [
          ...(page.ok ? [json("runs/history.json", page.value)] : []),
          ...(heads.ok ? [json("journal/heads.json", heads.value)] : []),
        ],
        missing: [...why("history of runs", page), ...why("heads of the journal's streams", heads)],
      };
    },
  },
  {
    what: "run",
    async collect() {
      const found = await find();
      if (!found.ok) return { files: [], missing: why("run", found) };
      if (found.value === null) return { files: [], missing: [{ what: "run", why: "there was none yet" }] };
      return runParts(journal, found.value);
    },
  },
];

async function runParts(journal: Journal, { run, plan, index, state }: LoadedRun): Promise<Collected> {
  const at = (name: string) => `runs/${run}/${name}`;
  const [now, lease, progress, events] = [
    await journal.now(),
    await journal.leaseOf(runLease(run)),
    await journal.loadProgress(run),
    await eventsOf(journal, run),
  ];
  const files: BundleFile[] = [json(at("plan.json"), plan), json(at("state.json"), toSnapshot(state))];
  const missing: Missing[] = [
    ...why("run's lease", lease),
    ...why("run's progress", progress),
    ...why("run's events", events),
  ];
  if (now.ok) files.push(json(at("summary.json"), summarize(index, state, now.value)));
  if (lease.ok) files.push(json(at("lease.json"), { lease: lease.value, now: now.ok ? now.value : null }));
  if (progress.ok) files.push(json(at("progress.json"), progress.value));
  if (events.ok) {
    const { first, last, leftOut } = events.value;
    files.push(lines(at("events.jsonl"), [...first, ...last]));
    files.push(lines(at("problems.jsonl"), problemsIn([...first, ...last])));
    if (leftOut > 0)
      missing.push({
        what: `${leftOut} events in the middle of the run`,
        why: `at most ${EVENTS} are taken`,
      });
  }
  return { files, missing };
}

/** What went wrong, and people's requests: what one reads first. */
const problemsIn = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
  events.filter(
    ({ type, stream }) =>
      type === "effect.failed" ||
      type === "unit.parked" ||
      type === "run.ended" ||
      stream.endsWith("/control"),
  );

interface Events {
  readonly first: readonly StoredEvent[];
  readonly last: readonly StoredEvent[];
  readonly leftOut: number;
}

async function eventsOf(journal: Journal, run: string): Promise<Result<Events>> {
  const first: StoredEvent[] = [];
  let last: StoredEvent[] = [];
  let leftOut = 0;
  for (let position = 0; ; ) {
    const page = await journal.read(streams.run(run), position, PAGE);
    if (!page.ok) return page;
    if (page.value.length === 0) return ok({ first, last, leftOut });
    position = page.value.at(-1)?.position ?? position;
    const room = Math.max(0, EVENTS / 2 - first.length);
    first.push(...page.value.slice(0, room));
    last.push(...page.value.slice(room));
    const over = Math.max(0, last.length - EVENTS / 2);
    last = last.slice(over);
    leftOut += over;
  }
}

const why = (what: string, result: Result<unknown>): readonly Missing[] =>
  result.ok ? [] : result.problems.map(({ code, message }) => ({ what, why: `${code} ${message}` }));
