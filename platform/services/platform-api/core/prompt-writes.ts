import { randomUUID } from "node:crypto";
import type pg from "pg";
import { z } from "zod";
import { ApiError } from "../../../shared/api-error.ts";
import type { BodyWriter } from "./bodies.ts";
import { type Answer, type Call, type Endpoint, parse, sha256 } from "./call.ts";
import { violated } from "./database-error.ts";
import type { Parts } from "./endpoints.ts";
import { promptAbsent } from "./prompt-reads.ts";
import { type Effect, writeOnce } from "./write-once.ts";

/** Characters of a prompt's text at most. PostgreSQL keeps no NUL in a text. */
const BODY_LIMIT = 200_000;
const text = z
  .string()
  .min(1)
  .max(BODY_LIMIT)
  .refine((body) => !body.includes("\u0000"), "A text holds no NUL character.")
  .refine((body) => body.isWellFormed(), "A text holds no lone surrogate.");

const byId = z.object({ id: z.uuid() });
const create = z.object({ bundleId: z.uuid(), name: z.string().trim().min(1).max(200), body: text }).strict();
const amend = z.object({ body: text, expectedVersion: z.number().int().min(1).optional() }).strict();
const append = z.object({ body: text }).strict();

/** Writing prompts. Answers carry the id, the version and the text's SHA-256, never the text. */
export function promptWrites(parts: Parts): Endpoint[] {
  const bundles = bundleOfPrompt();
  return [
    {
      method: "POST",
      url: "/v1/prompts",
      action: "prompt.write",
      handle: (call) => createPrompt(parts, call),
    },
    {
      method: "PUT",
      url: "/v1/prompts/:id",
      action: "prompt.write",
      handle: (call) => {
        const input = parse(amend, call.body);
        return changePrompt(parts, call, input, bundles, async (client, writer, id) => {
          const version = await writer.amend(client, id, input.body, input.expectedVersion ?? null);
          if (version === undefined)
            throw new ApiError(
              409,
              "prompt.version",
              "The newest version is not the expected one; read it again.",
            );
          return effect("prompt.amended", 200, id, version, input.body);
        });
      },
    },
    {
      method: "POST",
      url: "/v1/prompts/:id/versions",
      action: "prompt.write",
      handle: (call) => {
        const input = parse(append, call.body);
        return changePrompt(parts, call, input, bundles, async (client, writer, id) => {
          const version = await writer.append(client, id, input.body, call.caller.subject);
          return effect("prompt.versioned", 201, id, version, input.body);
        });
      },
    },
  ];
}

function effect(subject: string, status: number, id: string, version: number, body: string): Effect {
  return {
    status,
    body: { id, version, sha256: sha256(body) },
    event: { subject, payload: { promptId: id, version } },
  };
}

async function createPrompt(parts: Parts, call: Call): Promise<Answer> {
  const input = parse(create, call.body);
  const { subject, tenant } = call.caller;
  const pool = await parts.tenants.pool(tenant);
  return writeOnce({
    pool,
    call,
    input,
    platformId: parts.platformId,
    prepare: async () => {
      const { rowCount } = await pool.query("select from bundles where id = $1", [input.bundleId]);
      if (rowCount === 0) throw new ApiError(404, "bundle.absent", "There is no such bundle.");
      const writer = await parts.bodies.writer(pool, tenant, input.bundleId);
      return {
        begin: writer.begin,
        effect: async (client) => {
          const id = randomUUID();
          await client
            .query("insert into prompts (id, bundle_id, name, created_by) values ($1, $2, $3, $4)", [
              id,
              input.bundleId,
              input.name,
              subject,
            ])
            .catch((error: unknown) => {
              throw nameTaken(error);
            });
          const version = await writer.append(client, id, input.body, subject);
          return effect("prompt.created", 201, id, version, input.body);
        },
      };
    },
  });
}

/** A change of a prompt that exists. Writers of one prompt queue on its row, whichever release they belong to. */
async function changePrompt(
  parts: Parts,
  call: Call,
  input: unknown,
  bundles: BundleOfPrompt,
  change: (client: pg.PoolClient, writer: BodyWriter, id: string) => Promise<Effect>,
): Promise<Answer> {
  const { id } = parse(byId, call.params);
  const { tenant } = call.caller;
  const pool = await parts.tenants.pool(tenant);
  return writeOnce({
    pool,
    call,
    input,
    platformId: parts.platformId,
    prepare: async () => {
      const writer = await parts.bodies.writer(pool, tenant, await bundles(pool, tenant, id));
      return {
        begin: writer.begin,
        effect: async (client) => {
          const { rowCount } = await client.query("select from prompts where id = $1 for no key update", [
            id,
          ]);
          if (rowCount === 0) throw promptAbsent();
          return change(client, writer, id);
        },
      };
    },
  });
}

type BundleOfPrompt = (pool: pg.Pool, tenant: string, prompt: string) => Promise<string>;

const REMEMBERED_PROMPTS = 50_000;

/** The bundle a prompt belongs to, which never changes and is therefore remembered. Throws 404 `prompt.absent`. */
function bundleOfPrompt(): BundleOfPrompt {
  const known = new Map<string, string>();
  return async (pool, tenant, prompt) => {
    const key = `${tenant} ${prompt}`;
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const { rows } = await pool.query<{ bundle_id: string }>("select bundle_id from prompts where id = $1", [
      prompt,
    ]);
    const bundle = rows[0]?.bundle_id;
    if (bundle === undefined) throw promptAbsent();
    if (known.size >= REMEMBERED_PROMPTS) known.clear();
    known.set(key, bundle);
    return bundle;
  };
}

function nameTaken(error: unknown): unknown {
  return violated(error) === "prompts_bundle_id_name_key"
    ? new ApiError(409, "prompt.exists", "There is a prompt of this name in the bundle already.")
    : error;
}
