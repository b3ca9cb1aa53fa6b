import { z } from "zod";
import { Name } from "../../model/ids.ts";
import type { ActionDefinition } from "../definition.ts";
import { enter, leave } from "../world.ts";

/** `tenants.restore`: which backup to bring back, and whether the tenant may be out of service for it. */
export const TenantsRestoreInput = z.strictObject({
  backup: Name.describe("Name of the backup; the newest of that name is taken."),
  maintenance: z
    .boolean()
    .default(false)
    .describe(
      "Bring it back also where rows written since the backup go out of service with the old database. Without it such a restore is refused.",
    ),
});
export type TenantsRestoreInput = z.infer<typeof TenantsRestoreInput>;

const subject = (unit: string): string => `database/${unit}`;

/** Puts a database restored from a backup in the place of the tenant's. The old one is set aside, so that it can come back. */
export const tenantsRestore: ActionDefinition<TenantsRestoreInput> = {
  kind: "tenants.restore",
  summary:
    "Brings each tenant's database back from a named backup; what was there is set aside, so that nothing is lost.",
  input: TenantsRestoreInput,
  runs: "performed",
  fanOut: "required",
  undo: () => "lossless",
  effect: () => "fenced",
  seconds: () => ({ forward: 3, back: 1 }),
  title: (input) => `restore ${input.backup}`,
  check: () => [],
  complete: (input) => input,
  model: (world, input, unit, direction) =>
    direction === "do"
      ? enter(world, subject(unit), `from ${input.backup}`)
      : leave(world, subject(unit), `from ${input.backup}`),
};
