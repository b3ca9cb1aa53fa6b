import {
  type ActionContext,
  fillTenant,
  type Json,
  type KeysCreateInput,
  ok,
  type Performer,
} from "@baton/core";

/** Whether the key was there before. */
interface KeyBefore {
  readonly [key: string]: Json;
  readonly existed: boolean;
}

/**
 * Creates a key-encryption key where it is absent. Convergent: asking again finds it there. It stays on the way back, since a
 * key that wraps nothing harms nothing and one that wraps something must not go.
 */
export function keysCreate(): Performer<KeysCreateInput, KeyBefore, Json> {
  return {
    kind: "keys.create",
    check: async (input, context) => {
      const found = await context.ports.keys.describe(nameOf(input, context));
      return found.ok ? [] : found.problems;
    },
    before: async (input, context) => {
      const found = await context.ports.keys.describe(nameOf(input, context));
      return found.ok ? ok({ existed: found.value !== null }) : found;
    },
    perform: async (input, _before, _key, context) => {
      const name = nameOf(input, context);
      const created = await context.ports.keys.create(name);
      return created.ok ? ok({ key: name, version: created.value.latestVersion }) : created;
    },
    undo: async (input, _before, _output, _key, context) => ok({ kept: nameOf(input, context) }),
    observe: async (input, _before, context) => {
      const name = nameOf(input, context);
      const found = await context.ports.keys.describe(name);
      if (!found.ok)
        return { state: "unknown", detail: found.problems.map((problem) => problem.message).join(" ") };
      return found.value === null
        ? { state: "absent", detail: `There is no key ${name}.` }
        : { state: "present", detail: `Key ${name} is at version ${found.value.latestVersion}.` };
    },
  };
}

const nameOf = (input: KeysCreateInput, context: ActionContext): string =>
  context.tenant === null ? input.key : fillTenant(input.key, context.tenant.id);
