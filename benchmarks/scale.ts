/**
 * R2 at scale: whole run, ways back, live p99, memory, and the encrypting backfill beside the bare limit of the same
 * server. Usage: npm run bench:scale -- [TENANTSxPROMPTS …] (default 100x200 12x20000). Takes minutes a size; a quiet machine is needed.
 */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { findRuns, fromStored, streams } from "@baton/conductor";
import type { Result, RunEvent } from "@baton/core";
import { loadDefinition, openSession, type Session } from "@baton/session";
import type { Report } from "../apps/cli/src/report/report.ts";
import { bareLimit, sql } from "./scale/bare-limit.ts";
import { type BenchPlace, benchPlace } from "./scale/place.ts";

type Figures = Record<string, string | number | null>;

/** Tenants whose backfill is compared: enough for the best concurrency, few enough to measure several ways. */
const COMPARED = 4;

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join("\n"));
  return result.value;
}

async function sessionOf(place: BenchPlace): Promise<Session> {
  return value(await openSession(place, value(await loadDefinition(place.platformDir))));
}

/** Rows and seconds of the backfill of the last ring, from the journal of the last run. */
async function backfilled(session: Session): Promise<{ rows: number; seconds: number }> {
  const run =
    value(await findRuns(session.journal, session.definition.platform.environment)).at(-1)?.run ?? "";
  const rings = session.definition.platform.tenants.rings;
  const step = `${rings.at(-1)}.backfill`;
  let [rows, from, to] = [0, 0, 0];
  for (const stored of value(await session.journal.read(streams.run(run)))) {
    const event: RunEvent = value(fromStored(stored)).event;
    if (event.type === "step.started" && event.step === step) from = stored.at;
    if (event.type === "step.ended" && event.step === step && event.outcome === "succeeded") to = stored.at;
    if (event.type === "effect.done" && event.step === step)
      rows += Number((event.output as { rows?: number } | null)?.rows ?? 0);
  }
  return { rows, seconds: (to - from) / 1000 };
}

/** Nobody at work on the platform, no rests: what the backfill can do, and what the server could. */
async function unthrottled(tenants: number, prompts: number): Promise<Figures> {
  const place = benchPlace({ tenants, prompts, throttled: false });
  try {
    await place.baton("up");
    const run = await place.baton("run", "R2", "--yes");
    const session = await sessionOf(place);
    const { rows, seconds } = await backfilled(session);
    const back = await place.baton("rollback", "--yes");
    const limit = await limitOf(place, session);
    await session.close();
    return {
      "unthrottled, nobody at work: run to the hold, s": run.seconds,
      "… rollback before the hold, s": back.seconds,
      "… backfill of the last ring, rows/s": rows / seconds,
      "bare limit, rows/s": limit.rowsPerSecond,
      "backfill ÷ bare limit": rows / seconds / limit.rowsPerSecond,
      "bare limit at": `${limit.processes} processes, ${limit.batchRows} rows a batch`,
    };
  } finally {
    await place.end();
  }
}

async function limitOf(place: BenchPlace, session: Session): ReturnType<typeof bareLimit> {
  const all = value(await session.ports.tenants.list());
  const compared = all.slice(-COMPARED);
  const expand = readFileSync(
    join(place.platformDir, "releases/R2/migrations/encrypt-prompts/expand.sql"),
    "utf8",
  );
  const tenants: { id: string; url: string }[] = [];
  for (const { id, database } of compared) {
    const url = value(await session.ports.tenants.connection(id));
    const values: Record<string, string> = {
      oldRole: `${database}_r1`,
      newRole: `${database}_r2`,
      newRoleVerifier: "none",
    };
    await sql(
      url,
      expand
        .replaceAll(/:'(\w+)'/g, (_all, name) => `'${values[name]}'`)
        .replaceAll(/:"(\w+)"/g, (_all, name) => `"${values[name]}"`),
    );
    value(await session.ports.keys.create(`dcoder-${id}`));
    tenants.push({ id, url });
  }
  const transitUrl = value(await session.ports.resolve.text("${keys.url}"));
  const token = value(await session.ports.resolve.text("${secret.keys-platform-api}"));
  return bareLimit({ tenants, transitUrl, token });
}

/** As shipped, with users at work. */
async function throttled(tenants: number, prompts: number): Promise<Figures> {
  const place = benchPlace({ tenants, prompts, throttled: true });
  try {
    const started = await place.baton("start", "--yes", "--exit", "--no-drill");
    const report = started.json as Report & { conductor: { peakMegabytes: number } };
    const p99 = (window: "before" | "during") => report.latency[window]?.p99 ?? Number.NaN;
    await place.baton("up");
    await place.baton("approve", "--yes");
    const contract = await place.baton("run", "R2", "--yes");
    const behind = await place.baton("rollback", "--yes");
    return {
      "as shipped, 60 requests/s: run to the hold, s": report.durations.toHold ?? Number.NaN,
      "… p99 before, ms": p99("before"),
      "… p99 during, ms": p99("during"),
      "… p99 during ÷ before": p99("during") / p99("before"),
      "… requests": report.requests.total ?? Number.NaN,
      "… requests failed": report.requests.failed ?? Number.NaN,
      "… writes lost": report.writes.lost ?? Number.NaN,
      "… conductor's peak memory, MB": report.conductor.peakMegabytes,
      "contract and retire, s": contract.seconds,
      "rollback after contract, s": behind.seconds,
    };
  } finally {
    await place.end();
  }
}

const sizes = process.argv.slice(2);
const columns: Record<string, Figures> = {};
for (const size of sizes.length > 0 ? sizes : ["100x200", "12x20000"]) {
  const [tenants, prompts] = size.split("x").map(Number);
  if (!tenants || !prompts) throw new Error(`a size is TENANTSxPROMPTS, not ${size}`);
  columns[size] = { ...(await unthrottled(tenants, prompts)), ...(await throttled(tenants, prompts)) };
}
console.log(`machine: ${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`);
const names = Object.keys(Object.values(columns)[0] ?? {});
const shown = (cell: string | number | null | undefined) =>
  typeof cell === "number" ? Number(cell.toFixed(2)) : (cell ?? "unknown");
console.table(
  Object.fromEntries(
    names.map((name) => [
      name,
      Object.fromEntries(Object.entries(columns).map(([size, figures]) => [size, shown(figures[name])])),
    ]),
  ),
);
console.log(JSON.stringify(columns));
