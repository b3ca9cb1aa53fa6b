import { createSupervisorClient } from "@baton/adapters";
import type { LoadedRun } from "@baton/conductor";
import { type Json, residueOf, summarize } from "@baton/core";
import {
  type BackupStandings,
  backupsNow,
  conductorHere,
  currentRun,
  findWorkload,
  requireRun,
  runFacts,
  type Session,
  type Where,
} from "@baton/session";
import { leftovers } from "@baton/supervisor";
import { backupLines } from "../backup/standing-lines.ts";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import { renderDriver } from "../render/driver.ts";
import { renderResidue } from "../render/residue.ts";
import { renderRun } from "../render/run.ts";
import { withSession } from "../session/with-session.ts";

/** What runs beneath the run, a line each. */
async function platformLines(session: Session): Promise<readonly string[]> {
  const { instances, postgres, keys } = session.state;
  const lease = instances.map(
    (i) =>
      `${i.state === "healthy" ? "✓" : i.state === "failed" ? "✗" : "◌"} ${i.id.padEnd(22)} ${i.state}  ${i.urls.http ?? ""}`,
  );
  return [
    `${session.definition.platform.title} on ${session.definition.platform.environment}, supervisor ${session.state.pid}`,
    `${postgres.state === "running" || postgres.state === "external" ? "✓" : "◌"} ${"PostgreSQL".padEnd(22)} ${postgres.state}`,
    `${keys.state === "healthy" ? "✓" : "◌"} ${"key service".padEnd(22)} ${keys.state}`,
    ...lease,
  ];
}

async function showRun(
  session: Session,
  loaded: LoadedRun,
  output: Output,
  backups: BackupStandings | null,
): Promise<ExitCode> {
  const now = await session.journal.now();
  if (!now.ok) return output.problems(now.problems);
  const lease = await session.journal.leaseOf(`run/${loaded.run}`);
  const driven =
    lease.ok && lease.value !== null && lease.value.expiresAt > now.value ? lease.value.owner : null;
  const progress = await session.journal.loadProgress(loaded.run);
  const workload = await findWorkload(session);
  const stats = await workload?.stats();
  const { index, state } = loaded;
  const figures: Readonly<Record<string, Json>> = progress.ok ? progress.value : {};
  const view = {
    index,
    state,
    summary: summarize(index, state, now.value),
    progress: figures,
    traffic: stats?.ok ? stats.value : null,
    trafficReason:
      stats === undefined
        ? "no workload runs"
        : stats.ok
          ? ""
          : (stats.problems[0]?.message ?? "it does not answer"),
  };
  output.lines("", ...renderRun(view, { width: output.width, color: output.color }));
  output.lines(...renderResidue(residueOf(index, state), { width: output.width, color: output.color }));
  const conductor = await conductorHere(session.where.stateDir);
  const atWork = { drivenBy: driven, command: conductor };
  output.lines(...renderDriver(view.summary, state.waiting !== null, atWork, output));
  output.result({
    up: true,
    services: session.state.instances,
    conductor: conductor?.pid ?? null,
    drivenBy: driven,
    run: runFacts(loaded, now.value),
    traffic: view.traffic,
    backups,
  });
  return ExitCode.done;
}

/** No supervisor answers: nothing runs, or what runs is unknown, which is said. */
async function notAnswering(where: Where, output: Output): Promise<ExitCode> {
  const { alive } = await leftovers(where.stateDir);
  const nothing = { services: [], conductor: null, drivenBy: null, run: null, traffic: null };
  if (alive.length === 0) {
    output.lines(
      "Nothing runs here. Start it with `npx baton up`, or with `npm start` for the whole demonstration.",
    );
    output.result({ up: false, ...nothing });
    return ExitCode.done;
  }
  output.lines(
    "◌ unknown: the supervisor does not answer, and these processes of it still run:",
    ...alive.map(({ name, pid }) => `  ${name} (${pid})`),
    "Take them over with `npx baton up`, or stop them with `npx baton down`.",
  );
  output.result({ up: null, leftovers: alive, ...nothing });
  return ExitCode.failed;
}

/**
 * `baton status`: what is happening, is it safe, what does it wait for, what can you do; of the current run, or of the one that
 * is named. Changes nothing.
 */
export async function status(where: Where, output: Output, run: string | null = null): Promise<ExitCode> {
  const state = await createSupervisorClient(where.stateDir).state();
  // Of a run that is named nothing can be told without its journal: that is a problem, and no state.
  if (!state.ok && run === null) return notAnswering(where, output);
  return withSession(where, output, async (session) => {
    const backups = await backupsNow(session);
    output.lines(...(await platformLines(session)), ...backupLines(backups));
    const loaded = run === null ? await currentRun(session) : await requireRun(session, run);
    if (!loaded.ok) return output.problems(loaded.problems);
    if (loaded.value) return showRun(session, loaded.value, output, backups);
    output.lines(
      "",
      "No run yet. Look at the plan with `npx baton plan R2`, start it with `npx baton run R2`.",
    );
    output.result({
      up: true,
      services: session.state.instances,
      conductor: null,
      drivenBy: null,
      run: null,
      traffic: null,
      backups,
    });
    return ExitCode.done;
  });
}
