import { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";
import { PLATFORM_TENANT } from "../../../shared/demo-users.ts";
import { type Answer, type Call, type Endpoint, parse } from "./call.ts";
import type { Parts } from "./endpoints.ts";
import { plainBegin, writeOnce } from "./write-once.ts";

const byName = z.object({ name: z.string().regex(/^[a-z][a-z0-9.-]{0,99}$/) });
const change = z.object({ value: z.json() }).strict();

/** Settings: the platform's defaults, and each tenant's overrides in its own database. */
export function settingEndpoints(parts: Parts): Endpoint[] {
  const url = "/v1/settings/:name";
  return [
    { method: "GET", url, action: "setting.read", handle: (call) => read(parts, call) },
    { method: "PUT", url, action: "setting.write", handle: (call) => write(parts, call) },
  ];
}

/** The value in effect for the caller's tenant, and where it comes from. */
async function read(parts: Parts, call: Call): Promise<Answer> {
  const { name } = parse(byName, call.params);
  const { tenant } = call.caller;
  if (tenant !== PLATFORM_TENANT) {
    const pool = await parts.tenants.pool(tenant);
    const own = await pool.query<{ value: unknown }>("select value from settings where name = $1", [name]);
    if (own.rows[0] !== undefined) return answer(name, own.rows[0].value, "tenant");
  }
  const common = await parts.shared.query<{ value: unknown }>(
    "select value from platform_settings where name = $1",
    [name],
  );
  if (common.rows[0] === undefined)
    throw new ApiError(404, "setting.absent", "Neither the tenant nor the platform has set this.");
  return answer(name, common.rows[0].value, "platform");
}

async function write(parts: Parts, call: Call): Promise<Answer> {
  const { name } = parse(byName, call.params);
  const input = parse(change, call.body);
  const ofPlatform = call.caller.tenant === PLATFORM_TENANT;
  const pool = ofPlatform ? parts.shared : await parts.tenants.pool(call.caller.tenant);
  const table = ofPlatform ? "platform_settings" : "settings";
  return writeOnce({
    pool,
    call,
    input,
    platformId: parts.platformId,
    prepare: async () => ({
      begin: plainBegin,
      effect: async (client) => {
        await client.query(
          `insert into ${table} (name, value) values ($1, $2)
           on conflict (name) do update set value = excluded.value, changed_at = now()`,
          [name, JSON.stringify(input.value)],
        );
        const { status, body } = answer(name, input.value, ofPlatform ? "platform" : "tenant");
        return { status, body, event: { subject: "setting.changed", payload: { name } } };
      },
    }),
  });
}

const answer = (name: string, value: unknown, source: "platform" | "tenant"): Answer => ({
  status: 200,
  body: { name, value, source },
});
