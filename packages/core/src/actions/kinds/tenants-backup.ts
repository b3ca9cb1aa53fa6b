import { z } from "zod";
import { Name } from "../../model/ids.ts";
import { Template } from "../../model/platform.ts";
import type { ActionDefinition } from "../definition.ts";
import { enter } from "../world.ts";

/** `tenants.backup`: what the backup is called, and which key seals it. */
export const TenantsBackupInput = z.strictObject({
  name: Name.describe("What the backup is called; `tenants.restore` names it."),
  key: Template.min(1)
    .default("baton-backup-${tenant}")
    .describe("Key-encryption key that wraps the backup's own key; created where there is none."),
  prove: z
    .boolean()
    .default(true)
    .describe("Restore it into a database of its own and compare, before the step counts as done."),
});
export type TenantsBackupInput = z.infer<typeof TenantsBackupInput>;

/** Backs each tenant's database up, online, and proves the backup by a restore. What was backed up stays on the way back. */
export const tenantsBackup: ActionDefinition<TenantsBackupInput> = {
  kind: "tenants.backup",
  summary:
    "Backs each tenant's database up while it is used, encrypted, and proves the backup by restoring it.",
  input: TenantsBackupInput,
  runs: "performed",
  fanOut: "required",
  undo: () => "inert",
  effect: () => "convergent",
  seconds: () => ({ forward: 2, back: 0 }),
  title: (input) => `backup ${input.name}`,
  check: () => [],
  complete: (input) => input,
  model: (world, input, unit, direction) =>
    direction === "do"
      ? enter(world, `backup:${input.name}/${unit}`, input.prove ? "proven" : "made")
      : world,
};
