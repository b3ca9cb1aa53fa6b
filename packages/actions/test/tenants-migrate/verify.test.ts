import { afterAll, beforeAll, expect, test } from "vitest";
import {
  codeOf,
  type Engine,
  engine,
  type KeyService,
  makeTenant,
  must,
  startKeys,
  type TestTenant,
} from "./fixture.ts";

let keys: KeyService;
let tenant: TestTenant;
let other: TestTenant;
let migrate: Engine;

beforeAll(async () => {
  keys = await startKeys();
  tenant = await makeTenant(keys, { prompts: 6 });
  other = await makeTenant(keys, { prompts: 3 });
  migrate = engine(tenant, keys);
  await migrate.upTo("sweep");
  await engine(other, keys).upTo("sweep");
  await tenant.admin.query(`create table public.kept_ciphertexts as table prompt_ciphertexts;
    create table public.kept_deks as table prompt_deks; create table public.kept_versions as table prompt_versions`);
});
afterAll(async () => {
  await tenant.drop();
  await other.drop();
  await keys.close();
});

const restore = () =>
  tenant.admin.query(`begin; set local session_replication_role = replica;
    delete from prompt_ciphertexts; delete from prompt_deks; delete from prompt_versions;
    insert into prompt_deks select * from public.kept_deks;
    insert into prompt_versions select * from public.kept_versions;
    insert into prompt_ciphertexts select * from public.kept_ciphertexts; commit`);

const tamper = (sql: string) =>
  tenant.admin.query(`begin; set local session_replication_role = replica; ${sql}; commit`);

/** Two versions of one bundle, so that the data key is the same and only the place differs. */
const TWO = `(select c.prompt_id, c.version, c.nonce, c.ciphertext,
    row_number() over (order by c.prompt_id, c.version) as n
  from prompt_ciphertexts c join prompts p on p.id = c.prompt_id
  where p.bundle_id = (select min(bundle_id::text)::uuid from prompts) order by 1, 2 limit 2)`;

const tamperings: Record<string, { readonly sql: () => Promise<string>; readonly fault: RegExp }> = {
  "a row is stale": {
    sql: async () => "update prompt_versions set revision = revision + 1 where version = 1",
    fault: /stale/,
  },
  "a row has no ciphertext": {
    sql: async () => "delete from prompt_ciphertexts where version = 2",
    fault: /not encrypted/,
  },
  "two rows of one bundle are swapped": {
    sql: async () => `with two as ${TWO} update prompt_ciphertexts c set nonce = b.nonce, ciphertext = b.ciphertext
      from two a, two b where a.n <> b.n and c.prompt_id = a.prompt_id and c.version = a.version`,
    fault: /does not open/,
  },
  "a ciphertext and its revision are another revision's": {
    sql: async () => `update prompt_versions set revision = revision + 1000 where version = 1;
      update prompt_ciphertexts set revision = revision + 1000 where version = 1`,
    fault: /does not open/,
  },
  "a ciphertext comes from another tenant": {
    sql: async () => {
      const { rows } = await other.admin.query(
        "select encode(nonce, 'hex') as n, encode(ciphertext, 'hex') as c, encode(commitment, 'hex') as k from prompt_ciphertexts limit 1",
      );
      const { n, c, k } = rows[0];
      return `update prompt_ciphertexts set nonce = '\\x${n}', ciphertext = '\\x${c}', commitment = '\\x${k}' where version = 1`;
    },
    fault: /does not open/,
  },
  "the data keys come from another tenant": {
    sql: async () => {
      const { rows } = await other.admin.query("select wrapped from prompt_deks limit 1");
      return `update prompt_deks set wrapped = '${rows[0].wrapped}'`;
    },
    fault: /does not open \(vault\.refused\)/,
  },
  "plaintext and ciphertext say different things": {
    sql: async () => "update prompt_versions set body = body || '!' where version = 1",
    fault: /differs/,
  },
  "the old role can write again": {
    sql: async () => `grant update (body) on prompt_versions to "${tenant.database}_r1"`,
    fault: /can still write/,
  },
};

test("M238 M301 P022 verification fails on every tampering and passes again when it is taken back", async () => {
  for (const [what, { sql, fault }] of Object.entries(tamperings)) {
    await tamper(await sql());
    const result = await migrate.perform("verify");
    expect(codeOf(result), what).toBe("BATON-MIGRATE-VERIFY");
    expect(JSON.stringify(result), what).toMatch(fault);
    expect(JSON.stringify(result), what).not.toContain("in version");
    expect(await migrate.observe("verify"), what).toBe("absent");
    expect(await migrate.check("switch"), what).toEqual(["BATON-MIGRATE-STAGE"]);
    await restore();
    await tenant.admin.query(`revoke update (body) on prompt_versions from "${tenant.database}_r1"`);
  }
  expect(must(await migrate.perform("verify"))).toMatchObject({
    total: 6,
    encrypted: 6,
    verified: 6,
    rows: 12,
  });
});
