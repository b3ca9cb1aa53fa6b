import pg from "pg";
import { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";
import { PLATFORM_TENANT } from "../../../shared/demo-users.ts";
import { type Answer, type Call, type Endpoint, parse } from "./call.ts";
import type { Parts } from "./endpoints.ts";
import { afterKey, page, pageQuery } from "./page.ts";
import { PROVISION_STEPS } from "./provision.ts";
import { keptAnswer, plainBegin, writeOnce } from "./write-once.ts";

const tenantId = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "A tenant's id is lower-case letters, digits and single hyphens.")
  .max(30)
  .refine((id) => id !== PLATFORM_TENANT, "This name is the platform's own.");
const ringName = z.string().regex(/^[a-z][a-z0-9-]{0,29}$/);
const create = z.object({ id: tenantId, ring: ringName }).strict();

interface TenantRow {
  readonly id: string;
  readonly ring: string;
  readonly state: "provisioning" | "ready";
  readonly created_at: Date;
}

/** Tenants: provisioned and listed by the platform's administrator. */
export function tenantEndpoints(parts: Parts): Endpoint[] {
  const url = "/v1/tenants";
  return [
    {
      method: "POST",
      url,
      action: "tenant.create",
      ofPlatform: true,
      handle: (call) => provision(parts, call),
    },
    { method: "GET", url, action: "tenant.read", ofPlatform: true, handle: (call) => list(parts, call) },
  ];
}

async function list(parts: Parts, call: Call): Promise<Answer> {
  const { limit, cursor } = parse(pageQuery, call.query);
  const { rows } = await parts.shared.query<TenantRow>(
    `select id, ring, state, created_at from tenants where $1::text is null or id > $1 order by id limit $2`,
    [afterKey(cursor, tenantId), limit + 1],
  );
  const item = (row: TenantRow) => ({
    id: row.id,
    ring: row.ring,
    state: row.state,
    createdAt: row.created_at.toISOString(),
  });
  return { status: 200, body: page(rows, limit, item, (row) => row.id) };
}

/**
 * Provisions a tenant, or finishes what an earlier request left half-done. The tenant's lock belongs to a connection of
 * this request's own, so that it goes when the request ends or its process dies.
 */
async function provision(parts: Parts, call: Call): Promise<Answer> {
  const input = parse(create, call.body);
  const { r1RoleSecret } = parts.provisioning;
  if (r1RoleSecret === null)
    throw new ApiError(501, "tenant.provisioner", "This release does not provision; ask the base release.");
  const admin = new pg.Client({ connectionString: parts.sharedUrl, application_name: "provisioning" });
  await admin.connect();
  try {
    if (call.idempotencyKey !== undefined)
      await lock(admin, `key:${call.caller.subject} ${call.idempotencyKey}`);
    await lock(admin, `tenant:${input.id}`);
    const kept = await keptAnswer(admin, call, input);
    if (kept !== undefined) return kept;
    return await provisionLocked(parts, call, input, { admin, r1RoleSecret });
  } finally {
    await admin.end();
  }
}

async function provisionLocked(
  parts: Parts,
  call: Call,
  input: z.output<typeof create>,
  { admin, r1RoleSecret }: { readonly admin: pg.Client; readonly r1RoleSecret: string },
): Promise<Answer> {
  const database = `${parts.provisioning.databasePrefix}${input.id.replaceAll("-", "_")}`;
  await admin.query(
    "insert into tenants (id, ring, database, state) values ($1, $2, $3, 'provisioning') on conflict (id) do nothing",
    [input.id, input.ring, database],
  );
  const { rows } = await admin.query<TenantRow>(
    "select id, ring, state, created_at from tenants where id = $1",
    [input.id],
  );
  const tenant = rows[0];
  if (tenant === undefined || tenant.ring !== input.ring)
    throw new ApiError(409, "tenant.exists", "There is a tenant of this id in another ring.");
  const fresh = tenant.state === "provisioning";
  if (fresh) await provisionDatabase(parts.provisioning.serverUrl, database, r1RoleSecret);
  return writeOnce({
    pool: parts.shared,
    call,
    input,
    platformId: parts.platformId,
    prepare: async () => ({
      begin: plainBegin,
      effect: async (client) => {
        await client.query("update tenants set state = 'ready' where id = $1", [input.id]);
        const body = { id: input.id, ring: input.ring, state: "ready" };
        const subject = fresh ? "tenant.provisioned" : "tenant.confirmed";
        return { status: fresh ? 201 : 200, body, event: { subject, payload: body } };
      },
    }),
  });
}

/** Goes through the steps of provisioning on the tenants' server, which need not be the one of the shared database. */
async function provisionDatabase(serverUrl: string, database: string, r1RoleSecret: string): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl, application_name: "provisioning" });
  await admin.connect();
  try {
    for (const step of PROVISION_STEPS) await step.run({ admin, serverUrl, database, r1RoleSecret });
  } finally {
    await admin.end();
  }
}

const lock = (client: pg.Client, name: string) =>
  client.query("select pg_advisory_lock(hashtextextended('dcoder.' || $1, 0))", [name]);
