import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";
import { type Endpoint, parse } from "./call.ts";
import { violated } from "./database-error.ts";
import type { Parts } from "./endpoints.ts";
import { afterKey, page, pageQuery } from "./page.ts";
import { plainBegin, writeOnce } from "./write-once.ts";

const create = z.object({ name: z.string().trim().min(1).max(200) }).strict();

interface BundleRow {
  readonly id: string;
  readonly name: string;
  readonly created_by: string;
  readonly created_at: Date;
}

/** Bundles: named groups of a tenant's prompts. */
export function bundleEndpoints(parts: Parts): Endpoint[] {
  return [
    {
      method: "POST",
      url: "/v1/bundles",
      action: "bundle.create",
      handle: async (call) => {
        const input = parse(create, call.body);
        const pool = await parts.tenants.pool(call.caller.tenant);
        return writeOnce({
          pool,
          call,
          input,
          platformId: parts.platformId,
          prepare: async () => ({
            begin: plainBegin,
            effect: async (client) => {
              const id = randomUUID();
              await client
                .query("insert into bundles (id, name, created_by) values ($1, $2, $3)", [
                  id,
                  input.name,
                  call.caller.subject,
                ])
                .catch((error: unknown) => {
                  throw nameTaken(error);
                });
              const body = { id, name: input.name };
              return { status: 201, body, event: { subject: "bundle.created", payload: body } };
            },
          }),
        });
      },
    },
    {
      method: "GET",
      url: "/v1/bundles",
      action: "bundle.read",
      handle: async (call) => {
        const { limit, cursor } = parse(pageQuery, call.query);
        const pool = await parts.tenants.pool(call.caller.tenant);
        const { rows } = await pool.query<BundleRow>(
          `select id, name, created_by, created_at from bundles
           where $1::uuid is null or id > $1 order by id limit $2`,
          [afterKey(cursor, z.uuid()), limit + 1],
        );
        const item = (row: BundleRow) => ({
          id: row.id,
          name: row.name,
          createdBy: row.created_by,
          createdAt: row.created_at.toISOString(),
        });
        return { status: 200, body: page(rows, limit, item, (row) => row.id) };
      },
    },
  ];
}

function nameTaken(error: unknown): unknown {
  return violated(error) === "bundles_name_key"
    ? new ApiError(409, "bundle.exists", "There is a bundle of this name already.")
    : error;
}
