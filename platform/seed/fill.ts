import pg from "pg";
import { tenantPrompts } from "./tenant-prompts.ts";

const AUTHOR = "seed";

/**
 * Fills one tenant's database with its prompts, in one transaction of three statements. Safe to repeat: what is there
 * stays as it is, whatever people have made of it since. Returns how many prompts it added.
 */
export async function fillTenant(databaseUrl: string, tenant: string, prompts: number): Promise<number> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "seed",
    options: "-c search_path=public",
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int as count from prompts where created_by = $1",
      [AUTHOR],
    );
    return (rows[0]?.count ?? 0) >= prompts ? 0 : await insert(client, tenant, prompts);
  } finally {
    await client.end();
  }
}

async function insert(client: pg.Client, tenant: string, count: number): Promise<number> {
  const { bundles, prompts } = tenantPrompts(tenant, count);
  await client.query("begin");
  await client.query(
    `insert into bundles (id, name, created_by) select id, name, $3 from unnest($1::uuid[], $2::text[]) as b (id, name)
     on conflict do nothing`,
    [bundles.map((bundle) => bundle.id), bundles.map((bundle) => bundle.name), AUTHOR],
  );
  const added = await client.query<{ id: string }>(
    `insert into prompts (id, bundle_id, name, created_by)
     select p.id, b.id, p.name, $4 from unnest($1::uuid[], $2::text[], $3::text[]) as p (id, bundle, name)
       join bundles b on b.name = p.bundle
     on conflict do nothing returning id`,
    [
      prompts.map((prompt) => prompt.id),
      prompts.map((prompt) => prompt.bundle),
      prompts.map((prompt) => prompt.name),
      AUTHOR,
    ],
  );
  const fresh = new Set(added.rows.map((row) => row.id));
  const versions = prompts
    .filter((prompt) => fresh.has(prompt.id))
    .flatMap((prompt) => prompt.bodies.map((body, n) => ({ id: prompt.id, version: n + 1, body })));
  await client.query(
    `insert into prompt_versions (prompt_id, version, body, created_by)
     select id, version, body, $4 from unnest($1::uuid[], $2::int[], $3::text[]) as v (id, version, body)`,
    [
      versions.map((version) => version.id),
      versions.map((version) => version.version),
      versions.map((version) => version.body),
      AUTHOR,
    ],
  );
  await client.query("commit");
  return fresh.size;
}
