import { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";
import { type Answer, type Call, type Endpoint, parse } from "./call.ts";
import type { Parts } from "./endpoints.ts";
import { afterKey, page, pageQuery } from "./page.ts";

const byId = z.object({ id: z.uuid() });
const byVersion = z.object({ id: z.uuid(), version: z.coerce.number().int().min(1).max(2_147_483_647) });
const listQuery = pageQuery.extend({ bundleId: z.uuid().optional() });

interface PromptRow {
  readonly id: string;
  readonly bundle_id: string;
  readonly name: string;
  readonly version: number;
  readonly created_by: string;
  readonly created_at: Date;
}

const LIST = `select p.id, p.bundle_id, p.name, p.created_by, p.created_at,
    (select max(v.version) from prompt_versions v where v.prompt_id = p.id) as version
  from prompts p
  where ($1::uuid is null or p.id > $1) and ($2::uuid is null or p.bundle_id = $2)
  order by p.id limit $3`;

/** Reading prompts: the list without texts, the newest version, and any version. */
export function promptReads(parts: Parts): Endpoint[] {
  return [
    { method: "GET", url: "/v1/prompts", action: "prompt.read", handle: (call) => list(parts, call) },
    {
      method: "GET",
      url: "/v1/prompts/:id",
      action: "prompt.read",
      handle: (call) => read(parts, call, parse(byId, call.params).id, null),
    },
    {
      method: "GET",
      url: "/v1/prompts/:id/versions/:version",
      action: "prompt.read",
      handle: (call) => {
        const { id, version } = parse(byVersion, call.params);
        return read(parts, call, id, version);
      },
    },
  ];
}

async function list(parts: Parts, call: Call): Promise<Answer> {
  const { limit, cursor, bundleId } = parse(listQuery, call.query);
  const pool = await parts.tenants.pool(call.caller.tenant);
  const { rows } = await pool.query<PromptRow>(LIST, [
    afterKey(cursor, z.uuid()),
    bundleId ?? null,
    limit + 1,
  ]);
  const item = (row: PromptRow) => ({
    id: row.id,
    bundleId: row.bundle_id,
    name: row.name,
    version: row.version,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  });
  return { status: 200, body: page(rows, limit, item, (row) => row.id) };
}

async function read(parts: Parts, call: Call, id: string, version: number | null): Promise<Answer> {
  const pool = await parts.tenants.pool(call.caller.tenant);
  const found = await parts.bodies.read(pool, call.caller.tenant, id, version);
  if (found === undefined) throw promptAbsent();
  return { status: 200, body: found };
}

/** 404 for a prompt or a version that is not there. */
export const promptAbsent = (): ApiError =>
  new ApiError(404, "prompt.absent", "There is no such prompt, or no such version of it.");
