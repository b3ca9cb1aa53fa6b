import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { createSupervisorClient } from "@baton/adapters";
import { type Problem, renderDuration, type Tenant } from "@baton/core";
import { tryPort } from "@baton/journal/embedded/port";
import {
  type Definition,
  loadDefinition,
  openSession,
  type Standing,
  standings,
  type Where,
} from "@baton/session";
import { ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";

/** One thing doctor looked at. `unknown` is never counted as good. */
export interface Finding {
  readonly check: string;
  readonly verdict: "good" | "bad" | "unknown" | "note";
  readonly says: string;
  readonly remedy: string | null;
}

const SYMBOL = { good: "✓", bad: "✗", unknown: "◌", note: "·" } as const;
const LEAST_FREE_BYTES = 1_000_000_000;

const good = (check: string, says: string): Finding => ({ check, verdict: "good", says, remedy: null });
const bad = (check: string, says: string, remedy: string): Finding => ({
  check,
  verdict: "bad",
  says,
  remedy,
});
/** A problem with its place, as the other commands show it. */
function fromProblem(check: string, { code, message, remedy, where }: Problem): Finding {
  const line = where?.line === undefined ? "" : `:${where.line}`;
  const place = where?.file === undefined ? "" : `${where.file}${line} `;
  return bad(check, `${code} ${place}${message}`, remedy);
}

/** The folder, or the nearest one above it that is there: where the folder would be made. */
async function nearestFolder(path: string): Promise<{ readonly path: string; readonly isFolder: boolean }> {
  const found = await stat(path).catch(() => null);
  if (found !== null) return { path, isFolder: found.isDirectory() };
  const above = dirname(path);
  return above === path ? { path, isFolder: false } : nearestFolder(above);
}

async function stateFolder({ stateDir }: Where): Promise<readonly Finding[]> {
  const elsewhere = "or name another folder with --state DIR.";
  const there = await nearestFolder(stateDir);
  if (!there.isFolder)
    return [bad("state folder", `${there.path} is a file, not a folder`, `Move it away, ${elsewhere}`)];
  const writable = await access(there.path, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return [bad("state folder", `you may not write to ${there.path}`, `Make it writable, ${elsewhere}`)];
  const disk = await statfs(there.path).catch(() => null);
  const folder = good("state folder", there.path === stateDir ? stateDir : `${stateDir}, not made yet`);
  if (disk === null)
    return [folder, { check: "disk", verdict: "unknown", says: "its room cannot be seen", remedy: null }];
  const free = disk.bavail * disk.bsize;
  const shown = `${(free / 1e9).toFixed(1)} GB free`;
  return [
    folder,
    free > LEAST_FREE_BYTES ? good("disk", shown) : bad("disk", shown, `Free at least 1 GB, ${elsewhere}`),
  ];
}

async function ports(definition: Definition, up: boolean): Promise<readonly Finding[]> {
  if (up) return [];
  const wanted = Object.entries(definition.platform.services).flatMap(([service, s]) =>
    Object.entries(s.ports).map(([name, port]) => ({ service, name, port })),
  );
  const free = await Promise.all(wanted.map(async (w) => ({ ...w, free: (await tryPort(w.port)) !== null })));
  const taken = free.filter((w) => !w.free).map((w) => `${w.service} ${w.name} ${w.port}`);
  return taken.length === 0
    ? [good("ports", `${wanted.length} preferred ports are free`)]
    : [
        {
          check: "ports",
          verdict: "note",
          says: `taken, will move to free ones: ${taken.join(", ")}`,
          remedy: null,
        },
      ];
}

/** Old or unreadable backups are a fault; a platform that nobody has backed up yet is told so. */
function backupFinding({ subject, verdict, ageSeconds, why }: Standing): Finding {
  const check = `backup of ${subject}`;
  if (verdict === "good") return good(check, `${renderDuration(ageSeconds)} old, ${why}`);
  const remedy = "Run `npx baton backup --all`.";
  if (verdict === "unknown") return { check, verdict, says: why, remedy };
  return ageSeconds === null ? { check, verdict: "note", says: why, remedy } : bad(check, why, remedy);
}

/** Baton's own backup, and of the tenants' the one that stands worst. */
async function backups(where: Where, tenants: readonly Tenant[]): Promise<readonly Finding[]> {
  const { baton, tenants: each } = await standings(where.stateDir, tenants, Date.now());
  const worst = ["unknown", "bad", "good"]
    .map((verdict) => each.filter((one) => one.verdict === verdict))
    .find((some) => some.length > 0)
    ?.toSorted((a, b) => (b.ageSeconds ?? 0) - (a.ageSeconds ?? 0))[0];
  return [backupFinding(baton), ...(worst === undefined ? [] : [backupFinding(worst)])];
}

async function running(where: Where, definition: Definition): Promise<readonly Finding[]> {
  const session = await openSession(where, definition);
  if (!session.ok) return session.problems.map((p) => fromProblem("journal", p));
  try {
    const now = await session.value.journal.now();
    const tenants = await session.value.ports.tenants.list();
    const instances = await session.value.ports.deploy.instances();
    return [
      now.ok
        ? good("journal", "answers")
        : { check: "journal", verdict: "unknown", says: now.problems[0]?.message ?? "", remedy: null },
      tenants.ok
        ? good("tenants", `${tenants.value.length} found`)
        : { check: "tenants", verdict: "unknown", says: tenants.problems[0]?.message ?? "", remedy: null },
      ...(instances.ok
        ? instances.value.map((i) =>
            i.state === "healthy"
              ? good(i.id, i.urls.http ?? "healthy")
              : bad(i.id, i.state, `Read ${where.stateDir}/logs/${i.id}.log.`),
          )
        : instances.problems.map((p) => fromProblem("services", p))),
      ...(tenants.ok ? await backups(where, tenants.value) : []),
    ];
  } finally {
    await session.value.close();
  }
}

/** Looks at this machine, this checkout and what runs; changes nothing. */
export async function findings(where: Where): Promise<readonly Finding[]> {
  const found: Finding[] = [good("node", `${process.versions.node} at work`), ...(await stateFolder(where))];
  const definition = await loadDefinition(where.platformDir);
  const state = await createSupervisorClient(where.stateDir).state();
  if (definition.ok) {
    found.push(
      good(
        "platform",
        `${definition.value.platform.title}, releases ${[...definition.value.releases.keys()].join(", ")}`,
      ),
    );
    found.push(...(await ports(definition.value, state.ok)));
    if (state.ok) found.push(...(await running(where, definition.value)));
    else found.push({ check: "running", verdict: "note", says: "nothing runs here", remedy: null });
  } else found.push(...definition.problems.map((p) => fromProblem("platform", p)));
  return found;
}

/** `baton doctor`: tells what was found, and for what is bad what to do. */
export async function doctor(where: Where, output: Output): Promise<ExitCode> {
  const found = await findings(where);
  for (const f of found) {
    output.lines(`${SYMBOL[f.verdict]} ${f.check.padEnd(20)} ${f.says}`);
    if (f.remedy) output.lines(`  ${f.remedy}`);
  }
  output.result({ findings: found });
  return found.some((f) => f.verdict === "bad" || f.verdict === "unknown") ? ExitCode.failed : ExitCode.done;
}
