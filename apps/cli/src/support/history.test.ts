import { openRun, requestRollback } from "@baton/conductor";
import type { Actor, Journal, Result } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { historyPage, REPORT_KEY } from "@baton/session";
import { aPlan } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { renderDriver } from "../render/driver.ts";
import { renderHistory } from "../render/history.ts";

const ana: Actor = { kind: "person", name: "ana", via: "local account" };
const OPTIONS = { width: 80, color: false };

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
  return result.value;
}

/** An environment with runs that ended, the last one open. */
async function threeRuns(): Promise<{ journal: Journal; runs: readonly string[]; environment: string }> {
  let now = Date.parse("2026-11-21T12:00:00Z");
  const journal = createMemoryJournal({ now: () => (now += 1_000) });
  const plan = aPlan({ steps: [{ id: "main.one" }] });
  const runs: string[] = [];
  for (const tail of ["aaaaaa", "bbbbbb", "cccccc"]) {
    const run = value(await openRun({ journal, plan, by: ana, approvedBy: ana, tail: () => tail }));
    runs.push(run);
    if (tail === "cccccc") break;
    if (tail === "bbbbbb") value(await requestRollback({ journal, run, by: ana, reason: "too slow" }));
    const back =
      tail === "bbbbbb" ? [{ type: "run.rolling-back", version: 1, data: { reason: "asked" } }] : [];
    const data = { outcome: back.length > 0 ? "rolled-back" : "succeeded", reason: "all done.", next: [] };
    value(
      await journal.append(
        [
          {
            stream: `run/${run}`,
            expectedSeq: null,
            events: [
              { type: "run.started", version: 1, data: {} },
              ...back,
              { type: "run.ended", version: 1, data },
            ],
          },
          {
            stream: `environment/${plan.environment}`,
            expectedSeq: null,
            events: [{ type: "environment.run-ended", version: 1, data: { run, outcome: data.outcome } }],
          },
        ],
        null,
      ),
    );
  }
  return { journal, runs, environment: plan.environment };
}

test("history tells runs from the newest on, page by page, with what came of them", async () => {
  const { journal, runs, environment } = await threeRuns();
  const report = {
    requests: { total: 18_442, failed: 0 },
    writes: { acknowledged: 2_310, lost: 0 },
    more: 1,
  };
  value(await journal.saveProgress(runs[0] ?? "", REPORT_KEY, report));
  const first = value(await historyPage(journal, environment, { limit: 2, cursor: null }));
  expect(first.items.map(({ run, outcome }) => [run, outcome])).toEqual([
    [runs[2], null],
    [runs[1], "rolled-back"],
  ]);
  expect(first.nextCursor).toBe(runs[1]);
  const rest = value(await historyPage(journal, environment, { limit: 2, cursor: first.nextCursor }));
  expect(rest.items.map(({ run }) => run)).toEqual([runs[0]]);
  expect(rest.nextCursor).toBeNull();
  const lines = renderHistory([...first.items, ...rest.items], OPTIONS).join("\n");
  expect(lines).toContain("asked for by ana (local account): too slow");
  expect(lines).toContain("18,442 requests, 0 failed · 2,310 writes, 0 lost");
  expect(lines).toContain("2026-11-21 12:00 UTC");
  for (const line of lines.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("a cursor that is no run's is refused; an environment without runs has an empty page", async () => {
  const { journal, environment } = await threeRuns();
  expect(await historyPage(journal, environment, { limit: 2, cursor: "r9" })).toMatchObject({
    ok: false,
    problems: [{ code: "BATON-HISTORY-CURSOR" }],
  });
  expect(value(await historyPage(journal, "elsewhere", { limit: 2, cursor: null }))).toEqual({
    items: [],
    nextCursor: null,
  });
});

test("a run that cannot be read is listed with its problem, and the others with theirs", async () => {
  const { journal, runs, environment } = await threeRuns();
  const blind: Journal = {
    ...journal,
    read: (prefix, after, limit) =>
      prefix === `run/${runs[1]}`
        ? Promise.resolve({
            ok: false,
            problems: [{ code: "BATON-RUN-NEWER", message: "newer", remedy: "" }],
          })
        : journal.read(prefix, after, limit),
  };
  const { items } = value(await historyPage(blind, environment, { limit: 9, cursor: null }));
  expect(items.map(({ problem }) => problem?.code ?? null)).toEqual([null, "BATON-RUN-NEWER", null]);
  expect(renderHistory(items, OPTIONS).join("\n")).toContain("unknown: newer (BATON-RUN-NEWER)");
});

test("status says truly who is up at a hold and what leads on", async () => {
  const run = {
    status: "running" as const,
    release: "R2",
    scope: null,
    explanation: {
      waitingFor: "approval",
      who: "approver",
      since: 0,
      next: ["baton approve", "baton rollback"],
    },
  };
  const start = { command: "start", pid: 4711 };
  const say = (waits: boolean, atWork: Parameters<typeof renderDriver>[2]) =>
    renderDriver(run, waits, atWork, OPTIONS).join(" ").replaceAll(/\s+/g, " ");
  expect(say(true, { drivenBy: null, command: start })).toBe(
    " ◌ nobody drives it while it waits. `baton start` (process 4711) is up and keeps the platform running. What leads on: `npx baton approve`, `npx baton rollback`",
  );
  expect(say(true, { drivenBy: null, command: null })).not.toContain("is up");
  expect(say(false, { drivenBy: null, command: null })).toContain("go on with `npx baton run R2`");
  expect(say(true, { drivenBy: "host 1", command: start })).toBe(" driven by host 1");
  const scope = { ring: "pilot", tenant: null, by: ana, at: 0 };
  const scoped = renderDriver({ ...run, scope }, false, { drivenBy: null, command: null }, OPTIONS);
  expect(scoped.join(" ")).toContain("go on with `npx baton run R2 --ring pilot`");
  const ended = (next: readonly string[]) =>
    renderDriver(
      { ...run, status: "ended", explanation: { ...run.explanation, next } },
      false,
      { drivenBy: null, command: start },
      OPTIONS,
    );
  expect(ended([])).toEqual([]);
  expect(ended(["baton retry"])).toEqual(["    What leads on: `npx baton retry`"]);
});
