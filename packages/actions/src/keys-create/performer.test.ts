import { type ActionContext, failed, type KeyInfo, type KeysPort, ok, type Result } from "@baton/core";
import { expect, test } from "vitest";
import { keysCreate } from "./performer.ts";

const unreachable = failed({
  code: "BATON-KEYS-UNREACHABLE",
  message: "The key service is away.",
  remedy: "Wait.",
});

/** A key service of names only, that can go away. */
function ringOf(names: Set<string>): KeysPort & { away: boolean } {
  const info = (name: string): KeyInfo => ({ name, latestVersion: 1, minDecryptionVersion: 1 });
  const ring = {
    away: false,
    describe: async (name: string): Promise<Result<KeyInfo | null>> =>
      ring.away ? unreachable : ok(names.has(name) ? info(name) : null),
    create: async (name: string): Promise<Result<KeyInfo>> => {
      if (ring.away) return unreachable;
      names.add(name);
      return ok(info(name));
    },
    remove: async () => unreachable,
    wrap: async () => unreachable,
    unwrap: async () => unreachable,
    rotate: async () => unreachable,
    rewrap: async () => unreachable,
    setMinDecryptionVersion: async () => unreachable,
  };
  return ring;
}

const contextWith = (keys: KeysPort): ActionContext =>
  ({
    ports: { keys },
    tenant: { id: "hale", ring: "pilot", database: "hale", host: "local" },
  }) as Partial<ActionContext> as ActionContext;

const input = { key: "dcoder-${tenant}" };

test("M233 creates the tenant's key, twice is once, and leaves it on the way back", async () => {
  const names = new Set<string>();
  const context = contextWith(ringOf(names));
  const action = keysCreate();
  expect(await action.check(input, context)).toEqual([]);
  expect(await action.before(input, context)).toEqual(ok({ existed: false }));
  expect((await action.observe(input, { existed: false }, context)).state).toBe("absent");
  for (const key of ["k", "k"])
    expect(await action.perform(input, { existed: false }, key, context)).toEqual(
      ok({ key: "dcoder-hale", version: 1 }),
    );
  expect([...names]).toEqual(["dcoder-hale"]);
  expect(await action.undo(input, { existed: false }, null, "k", context)).toEqual(
    ok({ kept: "dcoder-hale" }),
  );
  expect((await action.observe(input, { existed: false }, context)).state).toBe("present");
  expect(await action.before(input, context)).toEqual(ok({ existed: true }));
});

test("a key service that is away is a problem, and unknown, never absent", async () => {
  const ring = ringOf(new Set());
  ring.away = true;
  const context = contextWith(ring);
  const action = keysCreate();
  expect(await action.check(input, context)).toHaveLength(1);
  expect((await action.observe(input, { existed: false }, context)).state).toBe("unknown");
  expect((await action.perform(input, { existed: false }, "k", context)).ok).toBe(false);
});
