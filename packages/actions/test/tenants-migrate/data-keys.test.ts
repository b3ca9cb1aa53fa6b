import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVault } from "../../../../platform/shared/vault/vault.ts";
import { engine, type KeyService, makeTenant, secret, startKeys, type TestTenant } from "./fixture.ts";

let keys: KeyService;
let tenant: TestTenant;
beforeAll(async () => {
  keys = await startKeys();
  tenant = await makeTenant(keys, { prompts: 1 });
  await engine(tenant, keys).upTo("expand");
});
afterAll(async () => {
  await tenant.drop();
  await keys.close();
});

const newBundle = async (): Promise<string> => {
  const id = randomUUID();
  await tenant.admin.query("insert into bundles (id, name, created_by) values ($1, $2, 'test')", [id, id]);
  return id;
};
const vault = (fetcher: typeof fetch = fetch) =>
  createVault({ transitUrl: keys.url, token: secret("keys-platform-api"), fetch: fetcher });

test("P022 those who create a bundle's data key at the same time agree on one, in every process", async () => {
  const bundle = await newBundle();
  const clients = await Promise.all(Array.from({ length: 6 }, () => tenant.as("r2")));
  const deks = await Promise.all(clients.map((client) => vault().dekForBundle(client, tenant.id, bundle)));
  const [first] = deks;
  for (const dek of deks) expect(dek).toEqual(first);
  const { rowCount } = await tenant.admin.query("select from prompt_deks where bundle_id = $1", [bundle]);
  expect(rowCount).toBe(1);
  expect((await vault().dekById(tenant.admin, tenant.id, first?.id ?? "")).key).toEqual(first?.key);
});

test("P022 a data key that is not committed yet encrypts nothing", async () => {
  const bundle = await newBundle();
  await tenant.admin.query("begin");
  const asked = vault().dekForBundle(tenant.admin, tenant.id, bundle);
  await expect(asked).rejects.toMatchObject({ code: "vault.open_transaction" });
  const again = vault().dekForBundle(tenant.admin, tenant.id, bundle);
  await expect(again).rejects.toMatchObject({ code: "vault.open_transaction" });
  await tenant.admin.query("rollback");
  const dek = await vault().dekForBundle(tenant.admin, tenant.id, bundle);
  await tenant.admin.query("begin; update bundles set name = name");
  expect(await vault().dekForBundle(tenant.admin, tenant.id, bundle)).toEqual(dek);
  await tenant.admin.query("rollback");
});

test("the key service is asked once per data key; a failure is not remembered", async () => {
  const bundle = await newBundle();
  const { id } = await vault().dekForBundle(tenant.admin, tenant.id, bundle);
  let calls = 0;
  let down = true;
  const counting = vault(async (input, init) => {
    calls += 1;
    if (down) throw new TypeError("fetch failed");
    return fetch(input, init);
  });
  await expect(counting.dekById(tenant.admin, tenant.id, id)).rejects.toMatchObject({
    code: "vault.unavailable",
  });
  down = false;
  calls = 0;
  const clients = await Promise.all(Array.from({ length: 5 }, () => tenant.as("r2")));
  await Promise.all(clients.map((client) => counting.dekById(client, tenant.id, id)));
  await counting.dekForBundle(tenant.admin, tenant.id, bundle);
  expect(calls).toBe(1);
});

test("P022 a wrapped data key unwraps for its own tenant, bundle and id only", async () => {
  const [one, two] = [await newBundle(), await newBundle()];
  const dek = await vault().dekForBundle(tenant.admin, tenant.id, one);
  await vault().dekForBundle(tenant.admin, tenant.id, two);
  await tenant.admin.query(
    "update prompt_deks set wrapped = (select wrapped from prompt_deks where bundle_id = $1) where bundle_id = $2",
    [one, two],
  );
  await expect(vault().dekForBundle(tenant.admin, tenant.id, two)).rejects.toMatchObject({
    code: "vault.refused",
  });
  await expect(vault().dekById(tenant.admin, "another", dek.id)).rejects.toMatchObject({
    code: "vault.refused",
  });
  await expect(vault().dekById(tenant.admin, tenant.id, randomUUID())).rejects.toMatchObject({
    code: "vault.no_dek",
  });
});
