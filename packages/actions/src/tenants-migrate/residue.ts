import { oldEnoughAt, type Residue } from "@baton/core";
import type pg from "pg";
import type { Manifest } from "./manifest.ts";
import type { StageWork } from "./stage.ts";
import { boundText } from "./stage-helpers.ts";
import { errorCode } from "./tenant-database.ts";

type Declared = Manifest["residue"][number];

const DAY_MS = 86_400_000;
const MEGABYTE = 1024 * 1024;

/** What is left of the old shape once a contract is through, each place measured in the tenant's database as it is now. */
export async function measureResidue(
  work: StageWork,
  client: pg.Client,
  contracted: { readonly lsn: string | null; readonly at: string },
): Promise<readonly Residue[]> {
  const measured: Residue[] = [];
  for (const declared of work.migration.manifest.residue)
    measured.push(await measureOne(work, client, declared, contracted));
  return measured;
}

/** What a place of residue depends on, in words, before anything is measured. */
export function residueUntil(declared: Declared): string {
  if (declared.backups === true) return "until backups made before the contract are removed";
  if (declared.wal === true) return "until the server has written over its old log segments";
  if (declared.keepDays !== undefined)
    return `until backups made before the contract are ${declared.keepDays} days old, as the migration declares`;
  return declared.until ?? "until those rows are gone";
}

async function measureOne(
  work: StageWork,
  client: pg.Client,
  declared: Declared,
  contracted: { readonly lsn: string | null; readonly at: string },
): Promise<Residue> {
  const { id, title } = declared;
  const base = { id, title, rows: null, goneAt: null, until: residueUntil(declared) } as const;
  const measuredAt = new Date().toISOString();
  try {
    if (declared.wal === true) return { ...base, ...(await walLeft(client, contracted.lsn)), measuredAt };
    if (declared.backups === true)
      return { ...base, ...(await backupsLeft(work, Date.parse(contracted.at))), measuredAt };
    if (declared.sql !== undefined)
      return { ...base, ...(await rowsLeft(work, client, declared.sql)), measuredAt };
  } catch (error) {
    // A contract that is through does not fail because of what it leaves: what could not be measured is said to be unknown.
    const found = `not measured: the database refused to tell (${errorCode(error) ?? "no code"})`;
    return { ...base, state: "unknown", found, measuredAt };
  }
  const { keepDays } = declared;
  const goneAt =
    keepDays === undefined ? null : new Date(Date.parse(contracted.at) + keepDays * DAY_MS).toISOString();
  return { ...base, state: "unknown", found: "not measured: Baton does not see them", goneAt, measuredAt };
}

/**
 * Backups from before the contract hold the old shape. Where the platform has a retention it is known when the last of them is
 * old enough to go; the newest proven ones stay longer where no newer ones are made.
 */
async function backupsLeft(
  { context, tenant }: StageWork,
  contractedAt: number,
): Promise<Pick<Residue, "state" | "found"> & Partial<Pick<Residue, "goneAt" | "until">>> {
  const { backups } = context.ports;
  const all = await backups.list(tenant.id);
  if (!all.ok)
    return {
      state: "unknown",
      found: `not measured: the backups cannot be read (${all.problems.map(({ code }) => code).join(", ")})`,
    };
  const left = all.value.filter(({ takenAt }) => takenAt <= contractedAt);
  if (left.length === 0) return { state: "gone", found: "none in Baton's folder" };
  const found = "encrypted, in Baton's folder";
  const { retention } = backups;
  if (retention === null)
    return { state: "there", found, until: "until somebody removes them: the platform sets no retention" };
  const newest = Math.max(...left.map(({ takenAt }) => takenAt));
  return {
    state: "there",
    found,
    goneAt: new Date(oldEnoughAt(newest, retention)).toISOString(),
    until: `until each is ${retention.days} days old and ${retention.keep} newer ones are proven, not before`,
  };
}

async function rowsLeft(
  work: StageWork,
  client: pg.Client,
  sql: string,
): Promise<Pick<Residue, "state" | "found" | "rows" | "goneAt">> {
  const { rows } = await client.query<{ rows?: unknown; gone_at?: unknown }>(boundText(work, sql));
  const count = Number(rows[0]?.rows ?? Number.NaN);
  const goneAt = rows[0]?.gone_at;
  if (!Number.isFinite(count))
    return { state: "unknown", found: "not measured: its query yields no `rows`", rows: null, goneAt: null };
  if (count === 0) return { state: "gone", found: "0 rows", rows: 0, goneAt: null };
  return {
    state: "there",
    found: `${count} rows`,
    rows: count,
    goneAt: goneAt instanceof Date ? goneAt.toISOString() : null,
  };
}

interface WalFacts {
  readonly written: number;
  readonly bound: number;
  readonly archived: boolean;
  readonly slots: number;
  readonly behind: boolean;
}

/**
 * The write-ahead log holds what was written until its segments are recycled, and a recycled segment holds it until it is written
 * over. Both together take at most twice `max_wal_size` and what `wal_keep_size` keeps, unless a slot or an archive keeps more.
 */
async function walLeft(
  client: pg.Client,
  lsn: string | null,
): Promise<Pick<Residue, "state" | "found" | "until">> {
  const nothing = { until: "until the server has written over its old log segments" };
  if (lsn === null)
    return { ...nothing, state: "unknown", found: "not measured: where the log stood is not known" };
  const { rows } = await client.query<WalFacts>(
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), $1::pg_lsn)::float8 as written,
            (2 * pg_size_bytes(current_setting('max_wal_size')) + pg_size_bytes(current_setting('wal_keep_size')))::float8 as bound,
            current_setting('archive_mode') <> 'off' as archived,
            (select count(*) from pg_replication_slots where restart_lsn <= $1::pg_lsn)::int as slots,
            (select redo_lsn <= $1::pg_lsn from pg_control_checkpoint()) as behind`,
    [lsn],
  );
  const facts = rows[0];
  if (facts === undefined) return { ...nothing, state: "unknown", found: "not measured: no answer" };
  const { written, bound, archived, slots, behind } = facts;
  if (archived)
    return {
      state: "unknown",
      found: "the log is archived (archive_mode)",
      until: "until the archive drops what it holds up to the contract, which Baton does not see",
    };
  if (slots > 0)
    return {
      state: "there",
      found: `kept by ${slots} replication slots`,
      until: "until the slots have moved on and the server has written over its old log segments",
    };
  if (!behind && written >= bound) return { ...nothing, state: "gone", found: "written over" };
  const left = Math.max(1, Math.ceil((bound - written) / MEGABYTE));
  return {
    state: "there",
    found: `up to position ${lsn}`,
    until: `until the server has written ${left} MB more of its log, at most`,
  };
}
