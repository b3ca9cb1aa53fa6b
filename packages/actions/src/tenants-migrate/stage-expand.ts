import { join } from "node:path";
import { type Json, ok, ProblemError } from "@baton/core";
import { z } from "zod";
import { effect } from "./ledger.ts";
import type { StageHandler, StageWork } from "./stage.ts";
import { backTo, boundFile, later, numbers } from "./stage-helpers.ts";

const Computed = z.record(z.string(), z.string());

/** Adds the new shape beside the old one, by SQL; its undo takes it away whole. */
export const expandStage: StageHandler = {
  check: async () => [],

  perform: async (work, client, name) => {
    const { sql } = manifestOf(work);
    const text = await boundFile(work, sql, await computed(work));
    return ok(
      await effect(client, name, async (found) => {
        await client.query(text);
        const stage = later(found, work.stage);
        return { stage, output: { stage } };
      }),
    );
  },

  undo: async (work, client, name, before) => {
    const text = await boundFile(work, manifestOf(work).undo);
    return ok(
      await backTo(client, name, before.stage, async (): Promise<Json> => {
        await client.query(text);
        await client.query("delete from baton.checkpoint");
        return { stage: before.stage };
      }),
    );
  },

  observe: async (work, client, reached) => {
    const { present, expected } = await numbers(work, client, manifestOf(work).observe, [
      "present",
      "expected",
    ]);
    const detail = `${present} of ${expected} new objects are there; the tenant is at ${reached}.`;
    if (present === 0) return { state: "absent", detail };
    return { state: present === expected ? "present" : "partial", detail };
  },
};

function manifestOf(work: StageWork) {
  const { expand } = work.migration.manifest.stages;
  if (expand === undefined) throw new Error("the manifest has no expand stage");
  return expand;
}

/** Parameters that the folder's own code computes. They may be secret, so they leave the worker for the SQL only. */
async function computed(work: StageWork): Promise<Readonly<Record<string, string>>> {
  const { compute } = manifestOf(work);
  if (compute === undefined) return {};
  const { migration, context, tenant, values } = work;
  const result = await work.workers.run(
    {
      module: join(migration.folder, compute.module),
      function: compute.function,
      connection: null,
      migration: migration.manifest.migration,
      key: "",
      epoch: context.epoch,
      tenant: { id: tenant.id, database: tenant.database },
      ...values,
      options: {},
    },
    {
      digest: work.digest,
      signal: context.signal,
      progress: () => undefined,
    },
  );
  if (!result.ok) throw new ProblemError(...result.problems);
  const parsed = Computed.safeParse(result.value);
  if (parsed.success) return parsed.data;
  throw new ProblemError({
    code: "BATON-MIGRATION-FUNCTION",
    message: `${compute.function} of ${compute.module} does not return parameters.`,
    remedy: "Let it return an object of texts by parameter name.",
  });
}
