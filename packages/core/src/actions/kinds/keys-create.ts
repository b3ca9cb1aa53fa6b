import { z } from "zod";
import { Template } from "../../model/platform.ts";
import { fillTenant, templatesInWords } from "../../plan/templates.ts";
import type { ActionDefinition } from "../definition.ts";
import { enter } from "../world.ts";

/** `keys.create`: the name of the key-encryption key. */
export const KeysCreateInput = z.strictObject({
  key: Template.min(1).describe(
    "Name of the key; with `each: tenants` it holds the template for the tenant.",
  ),
});
export type KeysCreateInput = z.infer<typeof KeysCreateInput>;

/** Creates a key-encryption key where it is absent. Left in place on the way back: a key that wraps nothing harms nothing. */
export const keysCreate: ActionDefinition<KeysCreateInput> = {
  kind: "keys.create",
  summary: "Creates a key-encryption key where there is none; leaves one that is there as it is.",
  input: KeysCreateInput,
  runs: "performed",
  fanOut: "allowed",
  undo: () => "inert",
  effect: () => "convergent",
  seconds: () => ({ forward: 0.05, back: 0 }),
  title: (input) => `key ${templatesInWords(input.key)}`,
  check: () => [],
  complete: (input) => input,
  model: (world, input, unit, direction) =>
    direction === "do" ? enter(world, `key:${fillTenant(input.key, unit)}`, "present") : world,
};
