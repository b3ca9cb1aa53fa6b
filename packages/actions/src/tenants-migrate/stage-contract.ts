import { failed, ok, ProblemError } from "@baton/core";
import pg from "pg";
import { effect } from "./ledger.ts";
import type { StageHandler, StageWork } from "./stage.ts";
import { boundFile, byStage, later, numbers } from "./stage-helpers.ts";

/**
 * Takes the old shape away. Nothing is taken on trust: under a lock against everybody the stale rows are counted once more, in
 * the same transaction. It cannot be taken back.
 */
export const contractStage: StageHandler = {
  check: async (work, client) => {
    const { stale } = await numbers(work, client, manifestOf(work).stale, ["stale"]);
    return stale === 0 ? [] : [staleProblem(work, stale)];
  },

  perform: async (work, client, name) => {
    const contract = manifestOf(work);
    const text = await boundFile(work, contract.sql);
    return ok(
      await effect(client, name, async (found) => {
        const tables = contract.lock.map((table) => table.split(".").map(pg.escapeIdentifier).join("."));
        await client.query(`lock table ${tables.join(", ")} in access exclusive mode`);
        const { stale } = await numbers(work, client, contract.stale, ["stale"]);
        if (stale !== 0) throw new ProblemError(staleProblem(work, stale));
        // What is written here is the whole table once; the short limits are for waiting only.
        await client.query("set local statement_timeout = '15min'");
        await client.query(text);
        const stage = later(found, work.stage);
        return { stage, output: { stage } };
      }),
    );
  },

  undo: async (work) =>
    failed({
      code: "BATON-MIGRATE-CONTRACTED",
      message: `Tenant ${work.tenant.id}: a contract cannot be taken back by this version of Baton.`,
      remedy: "It stands behind the hold for that reason.",
    }),

  observe: async (work, _client, reached) => byStage(reached, work.stage),
};

function manifestOf(work: StageWork) {
  const { contract } = work.migration.manifest.stages;
  if (contract === undefined) throw new Error("the manifest has no contract stage");
  return contract;
}

const staleProblem = (work: StageWork, stale: number) =>
  ({
    code: "BATON-MIGRATE-STALE",
    message: `Tenant ${work.tenant.id}: ${stale} rows have no current new shape; the old one stays.`,
    remedy: "Run sweep and verify again, then retry the contract.",
    details: { tenant: work.tenant.id, stale },
  }) as const;
