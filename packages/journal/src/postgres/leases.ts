import { type Lease, ok, type Result } from "@baton/core";
import { answerProblem, epochProblem } from "../problems.ts";
import { checkTtl, LONGEST_TTL_MS } from "../ttl.ts";
import type { Database } from "./database.ts";
import { type LeaseRow, toLease } from "./lease-row.ts";

/** See the port's `acquire`. */
export async function acquireLease(
  database: Database,
  name: string,
  owner: string,
  ttlMs: number,
): Promise<Result<Lease>> {
  const checked = checkTtl(ttlMs);
  if (!checked.ok) return checked;
  const rows = await database.query<LeaseRow>({
    text: "select * from baton_journal.acquire($1, $2, $3)",
    values: [name, owner, ttlMs],
  });
  if (rows.ok) {
    const row = rows.value[0];
    return row === undefined ? answerProblem(`The lease ${name} was not given.`) : ok(toLease(row));
  }
  if (rows.problems.some((problem) => problem.code === "BATON-JOURNAL-LEASE-HELD")) {
    const shortened = await shorten(database, name);
    if (!shortened.ok) return shortened;
  }
  return rows;
}

/** A lease can end no later than its longest time to live from now, unless the clock was set back: it is given just that long. */
const shorten = (database: Database, name: string): Promise<Result<unknown>> =>
  database.query({
    text: `update baton_journal.leases set expires_at = baton_journal.clock() + $2
            where name = $1 and expires_at > baton_journal.clock() + $2`,
    values: [name, LONGEST_TTL_MS],
  });

/** Sets when a held lease ends: after `ttlMs`, or with 0 at once. Refused when the lease is not this holder's any more. */
export async function setExpiry(database: Database, lease: Lease, ttlMs: number): Promise<Result<Lease>> {
  const rows = await database.query<LeaseRow>({
    text: "select * from baton_journal.set_expiry($1, $2, $3, $4)",
    values: [lease.name, lease.owner, lease.epoch, ttlMs],
  });
  if (!rows.ok) return rows;
  const row = rows.value[0];
  return row === undefined ? epochProblem(lease.name, lease.epoch) : ok(toLease(row));
}

/** The lease as it stands. */
export async function readLease(database: Database, name: string): Promise<Result<Lease | null>> {
  const rows = await database.query<LeaseRow>({
    text: "select name, owner, epoch, expires_at, since from baton_journal.leases where name = $1",
    values: [name],
  });
  if (!rows.ok) return rows;
  const row = rows.value[0];
  return ok(row === undefined ? null : toLease(row));
}
