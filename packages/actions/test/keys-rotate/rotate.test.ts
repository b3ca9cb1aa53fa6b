import { randomUUID } from "node:crypto";
import { createTransitKeys } from "@baton/adapters/keys/transit-client";
import { type ActionContext, type KeysPort, ok, type Ports, wrappedVersion } from "@baton/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dekBinding } from "../../../../platform/shared/vault/binding.ts";
import { createVault } from "../../../../platform/shared/vault/vault.ts";
import { keysRotate } from "../../src/keys-rotate/performer.ts";
import {
  codeOf,
  engine,
  type KeyService,
  makeTenant,
  must,
  PLATFORM,
  SECRET_VALUES,
  secret,
  startKeys,
  type TestTenant,
  until,
} from "../tenants-migrate/fixture.ts";
import { places, readAll, waitsForTable } from "../tenants-migrate/writers.ts";
import { plainKeys, ROTATION, rotationPlan } from "./rotation.ts";

let keys: KeyService;
beforeAll(async () => {
  keys = await startKeys();
});
afterAll(() => keys.close());

const INPUT = { key: ["dcoder-$", "{tenant}"].join(""), wrapped: ROTATION };

async function withTenant(work: (tenant: TestTenant) => Promise<void>): Promise<void> {
  const tenant = await makeTenant(keys, { prompts: 6 });
  try {
    await engine(tenant, keys).upTo("backfill");
    await work(tenant);
  } finally {
    await tenant.drop();
  }
}

const manager = (): KeysPort => createTransitKeys({ url: keys.url, token: secret("keys-baton") });

async function contextOf(tenant: TestTenant, port: KeysPort = manager()): Promise<ActionContext> {
  return {
    ports: { keys: port, tenants: { connection: async () => ok(tenant.url) } } as unknown as Ports,
    plan: await rotationPlan(),
    run: "run",
    step: "step",
    tenant: { id: tenant.id, ring: "pilot", database: tenant.database, host: "local" },
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => {},
  };
}

const performer = keysRotate({ platformDir: PLATFORM });
const versions = async (tenant: TestTenant): Promise<readonly (number | null)[]> => {
  const { rows } = await tenant.admin.query<{ wrapped: string }>("select wrapped from prompt_deks");
  return rows.map(({ wrapped }) => wrappedVersion(wrapped));
};

test("M296 P022 a rotation wraps every data key anew, leaves none below, and only the new version opens; texts read as before", () =>
  withTenant(async (tenant) => {
    const context = await contextOf(tenant);
    const [texts, plain] = [await readAll(tenant, keys.vault), await plainKeys(tenant, keys.url)];
    const before = must(await performer.before(INPUT, context));
    expect(before).toEqual({ latest: 1, oldest: 1 });
    const output = must(await performer.perform(INPUT, before, "k", context));
    expect(output).toEqual({ key: `dcoder-${tenant.id}`, version: 2, rewrapped: 3, below: 0 });
    for (const value of SECRET_VALUES) expect(JSON.stringify(output)).not.toContain(value);
    expect(await versions(tenant)).toEqual([2, 2, 2]);
    expect(must(await manager().describe(`dcoder-${tenant.id}`))).toMatchObject({
      latestVersion: 2,
      minDecryptionVersion: 2,
    });
    expect(await plainKeys(tenant, keys.url)).toEqual(plain);
    expect(
      await readAll(tenant, createVault({ transitUrl: keys.url, token: secret("keys-platform-api") })),
    ).toEqual(texts);
    // A repeat after a crash adds no further version.
    must(await performer.perform(INPUT, before, "k", context));
    expect(must(await manager().describe(`dcoder-${tenant.id}`))?.latestVersion).toBe(2);
  }));

test("M296 unwrap-verify: a data key wrapped anew that opens to another key is refused, the old one stays, and nothing is raised", () =>
  withTenant(async (tenant) => {
    const [real, plain] = [manager(), await plainKeys(tenant, keys.url)];
    const faulty: KeysPort = {
      ...real,
      // A key service with a fault: what it gives back opens, and is not what was given.
      rewrap: (name, _wrapped, bound) => real.wrap(name, Buffer.alloc(32, 7), bound),
    };
    const context = await contextOf(tenant, faulty);
    const before = must(await performer.before(INPUT, context));
    expect(codeOf(await performer.perform(INPUT, before, "k", context))).toBe("BATON-KEYS-REWRAP");
    expect(await versions(tenant)).toEqual([1, 1, 1]);
    expect(await plainKeys(tenant, keys.url)).toEqual(plain);
    expect((await performer.observe(INPUT, before, context)).state).toBe("absent");
    expect(must(await real.describe(`dcoder-${tenant.id}`))?.minDecryptionVersion).toBe(1);
    must(await performer.perform(INPUT, before, "k", await contextOf(tenant)));
    expect(await plainKeys(tenant, keys.url)).toEqual(plain);
  }));

test("one that is wrapped under the old version still is refused too", () =>
  withTenant(async (tenant) => {
    const real = manager();
    const lazy: KeysPort = { ...real, rewrap: async (_name, wrapped) => ok(wrapped) };
    const context = await contextOf(tenant, lazy);
    const before = must(await performer.before(INPUT, context));
    expect(codeOf(await performer.perform(INPUT, before, "k", context))).toBe("BATON-KEYS-REWRAP");
  }));

test("a data key wrapped before the rotation and stored after is refused by the table, and the vault wraps it again", () =>
  withTenant(async (tenant) => {
    const bundle = randomUUID();
    await tenant.admin.query("insert into bundles (id, name, created_by) values ($1, 'late', 'test')", [
      bundle,
    ]);
    const context = await contextOf(tenant);
    const before = must(await performer.before(INPUT, context));
    const r2 = await tenant.as("r2");
    let rotated = false;
    // The vault's own connection, which stands still between the wrapping and the storing.
    const slow = {
      query: async (text: string, values?: unknown[]) => {
        if (text.startsWith("insert into prompt_deks") && !rotated) {
          rotated = true;
          must(await performer.perform(INPUT, before, "k", context));
        }
        return r2.query(text, values);
      },
    };
    const vault = createVault({ transitUrl: keys.url, token: secret("keys-platform-api") });
    const dek = await vault.dekForBundle(slow, tenant.id, bundle).catch((error: unknown) => error);
    expect(dek).toMatchObject({ bundle });
    expect(await versions(tenant)).toEqual([2, 2, 2, 2]);
  }));

test("a data key that comes while the others are wrapped anew is counted under the lock, and wrapped anew too", () =>
  withTenant(async (tenant) => {
    const [bundle, id] = [randomUUID(), randomUUID()];
    await tenant.admin.query("insert into bundles (id, name, created_by) values ($1, 'late', 'test')", [
      bundle,
    ]);
    const bound = dekBinding(tenant.id, bundle, id);
    const wrapped = must(await manager().wrap(`dcoder-${tenant.id}`, Buffer.alloc(32, 3), bound));
    const late = await tenant.as("r2");
    await late.query("begin");
    await late.query("insert into prompt_deks (id, bundle_id, wrapped) values ($1, $2, $3)", [
      ...[id, bundle, wrapped],
    ]);
    const context = await contextOf(tenant);
    const before = must(await performer.before(INPUT, context));
    const rotation = performer.perform(INPUT, before, "k", context);
    // The three that are there are wrapped anew by now; the fourth is seen by nobody before its commit.
    await until("the rotation waits for it", () => waitsForTable(tenant, "prompt_deks"));
    await late.query("commit");
    expect(await rotation).toMatchObject({ ok: true, value: { rewrapped: 4, below: 0 } });
    expect(await versions(tenant)).toEqual([2, 2, 2, 2]);
  }));

test("a process that read a wrapped key before the rotation and opens it after reads it again", () =>
  withTenant(async (tenant) => {
    const context = await contextOf(tenant);
    const before = must(await performer.before(INPUT, context));
    const { rows } = await tenant.admin.query<{ id: string }>(
      "select id::text as id from prompt_deks limit 1",
    );
    const id = rows[0]?.id ?? "";
    let rotated = false;
    const slow = {
      query: async (text: string, values?: unknown[]) => {
        const answer = await tenant.admin.query(text, values);
        if (!rotated) {
          rotated = true;
          must(await performer.perform(INPUT, before, "k", context));
        }
        return answer;
      },
    };
    const vault = createVault({ transitUrl: keys.url, token: secret("keys-platform-api") });
    expect((await vault.dekById(slow, tenant.id, id)).id).toBe(id);
  }));

test("undo lets older versions open again, lifts the refusal, and leaves the new version; then it rotates once more", () =>
  withTenant(async (tenant) => {
    const ring = manager();
    const name = `dcoder-${tenant.id}`;
    const old = must(await ring.wrap(name, Buffer.from("in a backup"), Buffer.from("place")));
    const context = await contextOf(tenant);
    const before = must(await performer.before(INPUT, context));
    must(await performer.perform(INPUT, before, "k", context));
    expect(codeOf(await ring.unwrap(name, old, Buffer.from("place")))).toBe("BATON-KEYS-OPEN");
    expect(must(await performer.undo(INPUT, before, null, "u", context))).toEqual({
      key: name,
      oldest: 1,
      kept: 2,
    });
    must(await ring.unwrap(name, old, Buffer.from("place")));
    const again = must(await performer.before(INPUT, context));
    expect(again).toEqual({ latest: 2, oldest: 1 });
    must(await performer.perform(INPUT, again, "k2", context));
    expect(await versions(tenant)).toEqual([3, 3, 3]);
    expect((await places(tenant)).length).toBeGreaterThan(0);
  }));

test("refused: files that are not those of the approved plan, a key that is not there", () =>
  withTenant(async (tenant) => {
    const context = await contextOf(tenant);
    const plan = {
      ...context.plan,
      migrations: { [ROTATION]: { path: "releases/R2/migrations/prompt-keys", digest: "0" } },
    };
    expect(codeOf(await performer.before(INPUT, { ...context, plan }))).toBe("BATON-MIGRATION-CHANGED");
    expect((await performer.check({ ...INPUT, key: "absent" }, context)).map(({ code }) => code)).toEqual([
      "BATON-KEYS-MISSING",
    ]);
  }));
