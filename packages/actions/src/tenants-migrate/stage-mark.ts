import { ok } from "@baton/core";
import { effect } from "./ledger.ts";
import type { StageHandler } from "./stage.ts";
import { backTo, byStage, later } from "./stage-helpers.ts";

/** A stage that is nothing but its mark: services read it inside their own transactions and act on it. */
export const markStage: StageHandler = {
  check: async () => [],
  perform: async (work, client, name) =>
    ok(
      await effect(client, name, async (found) => {
        const stage = later(found, work.stage);
        return { stage, output: { stage } };
      }),
    ),
  undo: async (_work, client, name, before) =>
    ok(await backTo(client, name, before.stage, async () => ({ stage: before.stage }))),
  observe: async (work, _client, reached) => byStage(reached, work.stage),
};
