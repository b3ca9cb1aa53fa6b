import { asAdmin } from "../../test/databases.ts";
import { type Fault, lasting } from "./fault.ts";

const HOUR_MS = 3_600_000;

/**
 * The clock of the journal's server jumps: all that Baton reads of the time of day comes from there. `stays`: it was wrong before
 * and is right from now on; else it jumps the other way after a while.
 */
const jump = (name: string, words: string, ms: number, stays: boolean): Fault => ({
  name,
  words,
  harmsRequests: false,
  mayTurn: false,
  mayEndConductor: true,
  async strike(world) {
    const define = (body: string) =>
      asAdmin(world.platform, (admin) =>
        admin.query(
          `create or replace function baton_journal.clock() returns bigint language sql volatile as $$${body}$$`,
        ),
      );
    const { rows } = await asAdmin(world.platform, (admin) =>
      admin.query<{ body: string }>(
        "select prosrc as body from pg_proc where oid = 'baton_journal.clock'::regproc",
      ),
    );
    const body = rows[0]?.body ?? "";
    await define(`select (${body}) + ${ms}`);
    return {
      what: `${ms / 1_000} s`,
      async heal() {
        if (stays) return;
        await lasting(world);
        await define(body);
      },
    };
  },
});

/** An hour ahead, for good. */
export const clockForward = jump("clock-forward", "the journal's clock jumps an hour ahead", HOUR_MS, true);

/** An hour back for a while, and ahead again. */
export const clockBack = jump(
  "clock-back",
  "the journal's clock jumps an hour back, and ahead after a while",
  -HOUR_MS,
  false,
);
