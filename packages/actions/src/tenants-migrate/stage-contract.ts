import { failed, ok, ProblemError } from "@baton/core";
import pg from "pg";
import { z } from "zod";
import { effect } from "./ledger.ts";
import { measureResidue } from "./residue.ts";
import { leftWithoutOldShape, reverseContract } from "./reverse-contract.ts";
import type { StageHandler, StageWork } from "./stage.ts";
import { boundFile, byStage, later, numbers } from "./stage-helpers.ts";

/**
 * Takes the old shape away. Nothing is taken on trust: under a lock against everybody the stale rows are counted once more, in
 * the same transaction. Taken back row by row where the migration names how; not at all where it does not.
 */
export const contractStage: StageHandler = {
  check: async (work, client) => {
    const { stale } = await numbers(work, client, manifestOf(work).stale, ["stale"]);
    return stale === 0 ? [] : [staleProblem(work, stale)];
  },

  perform: async (work, client, name) => {
    const contract = manifestOf(work);
    const text = await boundFile(work, contract.sql);
    const done = Contracted.parse(
      await effect(client, name, async (found) => {
        const tables = contract.lock.map((table) => table.split(".").map(pg.escapeIdentifier).join("."));
        await client.query(`lock table ${tables.join(", ")} in access exclusive mode`);
        const { stale } = await numbers(work, client, contract.stale, ["stale"]);
        if (stale !== 0) throw new ProblemError(staleProblem(work, stale));
        // What is written here is the whole table once; the short limits are for waiting only.
        await client.query("set local statement_timeout = '15min'");
        await client.query(text);
        const stage = later(found, work.stage);
        return { stage, output: { stage, ...(await whereTheLogStands(client)) } };
      }),
    );
    // Behind the effect, whose lock people wait for; done again it is measured again.
    return ok({ ...done, residue: [...(await measureResidue(work, client, done))] });
  },

  undo: async (work, client, name, before) => {
    const { undo } = manifestOf(work);
    return undo === undefined ? failed(noWayBack(work)) : reverseContract(work, undo, client, name, before);
  },

  observe: async (work, client, reached) => {
    const byMark = byStage(reached, work.stage);
    const { undo } = manifestOf(work);
    // A tenant that has not begun has no new shape yet, nor anything that could be kept in it alone.
    if (byMark.state === "present" || undo === undefined || reached === "none") return byMark;
    const left = await leftWithoutOldShape(work, undo, client);
    if (left === 0) return byMark;
    return { state: "partial", detail: `${byMark.detail} ${left} rows are kept in the new shape only.` };
  },
};

/** What a contract's ledger row holds; the log's position and the time say up to where the old shape was written. */
const Contracted = z.object({ stage: z.string(), lsn: z.string().nullable(), at: z.string() });

async function whereTheLogStands(client: pg.Client): Promise<{ readonly lsn: string; readonly at: string }> {
  const { rows } = await client.query<{ lsn: string; at: Date }>(
    "select pg_current_wal_insert_lsn()::text as lsn, clock_timestamp() as at",
  );
  const [row] = rows;
  if (row === undefined) throw new Error("the database tells no position");
  return { lsn: row.lsn, at: row.at.toISOString() };
}

function manifestOf(work: StageWork) {
  const { contract } = work.migration.manifest.stages;
  if (contract === undefined) throw new Error("the manifest has no contract stage");
  return contract;
}

const noWayBack = (work: StageWork) =>
  ({
    code: "BATON-MIGRATE-CONTRACTED",
    message: `Tenant ${work.tenant.id}: migration ${work.migration.manifest.migration} names nothing that takes its contract back.`,
    remedy: "Name it as `stages.contract.undo` in migration.yaml before the next release is planned.",
  }) as const;

const staleProblem = (work: StageWork, stale: number) =>
  ({
    code: "BATON-MIGRATE-STALE",
    message: `Tenant ${work.tenant.id}: ${stale} rows have no current new shape; the old one stays.`,
    remedy: "Run sweep and verify again, then retry the contract.",
    details: { tenant: work.tenant.id, stale },
  }) as const;
