import type { Problem } from "@baton/core";

/** An older conductor came too late. */
export const restoreEpoch = (mine: number, newest: number): Problem => ({
  code: "BATON-RESTORE-EPOCH",
  message: `Another conductor works on this tenant's database: it holds epoch ${newest}, this one ${mine}.`,
  remedy: "Let the newer conductor go on; this one has lost its lease.",
  details: { mine, newest },
});

/** Sessions or prepared transactions that do not end: what they write could not be counted. */
export const stillUsed = (database: string, sessions: number): Problem => ({
  code: "BATON-RESTORE-IN-USE",
  message: `${sessions} sessions or prepared transactions of ${database} do not end.`,
  remedy: "End them (pg_stat_activity, pg_prepared_xacts), then retry the step.",
  details: { database, sessions },
});
