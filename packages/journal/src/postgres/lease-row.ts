import type { Lease } from "@baton/core";

/** A row of `baton_journal.leases`. */
export interface LeaseRow {
  readonly name: string;
  readonly owner: string;
  readonly epoch: number;
  readonly expires_at: number;
  readonly since: number | null;
}

export const toLease = (row: LeaseRow): Lease => ({
  name: row.name,
  owner: row.owner,
  epoch: row.epoch,
  expiresAt: row.expires_at,
  since: row.since,
});
