import { z } from "zod";
import { knownNames } from "../../documents/nearest.ts";
import { joinPath } from "../../documents/path.ts";
import { Name } from "../../model/ids.ts";
import { Template } from "../../model/platform.ts";
import { fillTenant, templatesInWords } from "../../plan/templates.ts";
import type { ActionDefinition } from "../definition.ts";
import { enter, leave } from "../world.ts";

/** `keys.rotate`: whose keys, and where what they wrapped stands. */
export const KeysRotateInput = z.strictObject({
  key: Template.min(1).describe("Name of each tenant's key; holds the template for the tenant."),
  wrapped: Name.describe(
    "A migration of this release whose `wrappedKeys` say where the data keys stand that this key wrapped.",
  ),
});
export type KeysRotateInput = z.infer<typeof KeysRotateInput>;

const TENANT = "${tenant}";

/**
 * Gives each tenant's key a new version and wraps its data keys anew; older versions then open nothing any more. Undone by letting
 * them open again, at once; the new version stays, and what it wrapped stays readable either way.
 */
export const keysRotate: ActionDefinition<KeysRotateInput> = {
  kind: "keys.rotate",
  summary:
    "Adds a version to each tenant's key, wraps its data keys anew, each verified, and stops older versions from opening anything.",
  input: KeysRotateInput,
  runs: "performed",
  fanOut: "required",
  undo: () => "instant",
  effect: () => "convergent",
  seconds: () => ({ forward: 0.5, back: 0.2 }),
  title: (input) => `rotate key ${templatesInWords(input.key)}`,
  check: (input, context) => {
    const known = Object.keys(context.release.migrations);
    return [
      ...(input.key.includes(TENANT)
        ? []
        : [
            {
              code: "BATON-RELEASE-KEY" as const,
              message: `The key \`${input.key}\` is the same for every tenant, so it cannot be rotated tenant by tenant.`,
              remedy: `Name a key of each tenant's own, with \`${TENANT}\` in it.`,
              where: { path: joinPath(context.path, "key") },
            },
          ]),
      ...(known.includes(input.wrapped)
        ? []
        : [
            {
              code: "BATON-RELEASE-MIGRATION" as const,
              message: `Release ${context.release.release} names no migration \`${input.wrapped}\`.`,
              remedy: `Add it under \`migrations\` with its folder. ${knownNames("migrations", input.wrapped, known)}`,
              where: { path: joinPath(context.path, "wrapped") },
            },
          ]),
    ];
  },
  complete: (input) => input,
  model: (world, input, unit, direction) => {
    const subject = `key-versions:${fillTenant(input.key, unit)}`;
    return direction === "do" ? enter(world, subject, "newest only") : leave(world, subject, "newest only");
  },
};
