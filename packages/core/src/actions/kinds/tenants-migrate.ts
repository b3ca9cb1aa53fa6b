import { z } from "zod";
import { knownNames } from "../../documents/nearest.ts";
import { joinPath } from "../../documents/path.ts";
import { Name } from "../../model/ids.ts";
import type { UndoClass } from "../../model/plan.ts";
import type { ActionDefinition } from "../definition.ts";
import { enter, leave } from "../world.ts";

/** Stages of a migration, in the only order a tenant may go through them. */
export const MIGRATION_STAGES = [
  "expand",
  "dual-write",
  "backfill",
  "fence",
  "sweep",
  "verify",
  "switch",
  "contract",
] as const;
export type MigrationStage = (typeof MIGRATION_STAGES)[number];

/** `tenants.migrate`: one stage of one migration, for each tenant. */
export const TenantsMigrateInput = z.strictObject({
  migration: Name.describe("A migration that this release names under `migrations`."),
  stage: z.enum(MIGRATION_STAGES).describe("The stage to bring each tenant to."),
  reverse: z
    .literal(true)
    .optional()
    .describe("Filled in by the plan for `contract`: the migration names what takes its contract back."),
});
export type TenantsMigrateInput = z.infer<typeof TenantsMigrateInput>;

interface StageFacts {
  readonly undo: UndoClass;
  readonly forward: number;
  readonly back: number;
}

/** Seconds are those of one tenant of a demonstration; measured ones take their place. */
const STAGES: Readonly<Record<MigrationStage, StageFacts>> = {
  expand: { undo: "lossless", forward: 0.3, back: 0.3 },
  "dual-write": { undo: "instant", forward: 0.1, back: 0.1 },
  // What a backfill and a sweep wrote stays: until the switch it is only a copy, and `expand`'s undo takes it away.
  backfill: { undo: "inert", forward: 2, back: 0 },
  fence: { undo: "instant", forward: 0.3, back: 0.1 },
  sweep: { undo: "inert", forward: 0.3, back: 0 },
  verify: { undo: "inert", forward: 0.8, back: 0 },
  switch: { undo: "instant", forward: 0.1, back: 0.1 },
  contract: { undo: "none", forward: 0.8, back: 0 },
};

/** A contract whose migration names a way back: every row is brought into the old shape again, so it takes as long as a backfill. */
const REVERSIBLE_CONTRACT: StageFacts = { undo: "lossless", forward: 0.8, back: 3 };

const factsOf = (input: TenantsMigrateInput): StageFacts =>
  input.stage === "contract" && input.reverse === true ? REVERSIBLE_CONTRACT : STAGES[input.stage];

const subject = (input: TenantsMigrateInput, unit: string): string => `stage:${input.migration}/${unit}`;

/** Brings each tenant to one stage of a migration. Fenced: the ledger row and the effect share a transaction and the epoch. */
export const tenantsMigrate: ActionDefinition<TenantsMigrateInput> = {
  kind: "tenants.migrate",
  summary: "Brings each tenant's database to one stage of a migration.",
  input: TenantsMigrateInput,
  runs: "performed",
  fanOut: "required",
  undo: (input) => factsOf(input).undo,
  effect: () => "fenced",
  seconds: (input) => ({ forward: factsOf(input).forward, back: factsOf(input).back }),
  title: (input) => `${input.stage} ${input.migration}`,
  check: (input, context) => {
    const known = Object.keys(context.release.migrations);
    if (known.includes(input.migration)) return [];
    return [
      {
        code: "BATON-RELEASE-MIGRATION",
        message: `Release ${context.release.release} names no migration \`${input.migration}\`.`,
        remedy: `Add it under \`migrations\` with its folder. ${knownNames("migrations", input.migration, known)}`,
        where: { path: joinPath(context.path, "migration") },
      },
    ];
  },
  complete: ({ reverse, ...input }, context) => {
    if (input.stage !== "contract") return input;
    const known = context.migrations?.[input.migration];
    const reversible = known === undefined ? reverse === true : known.reversible === true;
    return reversible ? { ...input, reverse: true } : input;
  },
  model: (world, input, unit, direction) => {
    if (direction === "do") return enter(world, subject(input, unit), input.stage);
    const undo = factsOf(input).undo;
    return undo === "inert" || undo === "none" ? world : leave(world, subject(input, unit), input.stage);
  },
};
