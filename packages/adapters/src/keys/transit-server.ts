import { createHash, timingSafeEqual } from "node:crypto";
import type { KeyInfo, KeysPort, Problem, Result } from "@baton/core";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";

/** Who may call: `use` wraps, unwraps and describes; `manage` creates, rotates and removes. */
export const KeyTokens = z.record(
  z.string(),
  z.strictObject({ token: z.string().min(16), may: z.array(z.enum(["use", "manage"])).min(1) }),
);
export type KeyTokens = z.infer<typeof KeyTokens>;

type Right = "use" | "manage";

const Encrypt = z.object({ plaintext: z.base64(), associated_data: z.base64().default("") });
const Decrypt = z.object({ ciphertext: z.string(), associated_data: z.base64().default("") });

/** Of `config` only the oldest version that unwraps is honoured; the rest is accepted and changes nothing. */
const Config = z.object({ min_decryption_version: z.int().min(1).optional() });

/**
 * Vault's transit API over any keys port, as far as an envelope needs it: health, keys (create, read, delete, rotate,
 * `config`), encrypt, decrypt and rewrap with associated data. It logs nothing.
 */
export function transitServer(keys: KeysPort, tokens: KeyTokens): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: 1_048_576 });
  const rightsOf = tokenTable(tokens);
  app.get("/v1/sys/health", () => ({ initialized: true, sealed: false, standby: false, version: "baton" }));
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, "no such path"));
  app.setErrorHandler((_error, _request, reply) => refuse(reply, 400, "the request cannot be read"));
  app.register(
    async (transit) => {
      const needs = (right: Right) => async (request: FastifyRequest, reply: FastifyReply) => {
        const token = request.headers["x-vault-token"];
        const rights = typeof token === "string" ? rightsOf(token) : null;
        if (rights === null || !rights.includes(right)) return refuse(reply, 403, "permission denied");
      };
      const use = { preHandler: needs("use") };
      const manage = { preHandler: needs("manage") };
      transit.get("/keys/:name", use, async (request, reply) => {
        const found = await keys.describe(nameOf(request));
        if (!found.ok) return problem(reply, found.problems);
        return found.value === null ? refuse(reply, 404) : { data: shown(found.value) };
      });
      transit.post("/keys/:name", manage, async (request, reply) =>
        answered(reply, await keys.create(nameOf(request)), shown),
      );
      transit.post("/keys/:name/rotate", manage, async (request, reply) =>
        answered(reply, await keys.rotate(nameOf(request)), shown),
      );
      transit.post("/keys/:name/config", manage, async (request, reply) => {
        const body = Config.safeParse(request.body ?? {});
        if (!body.success) return refuse(reply, 400, "min_decryption_version must be a version");
        const found = await keys.describe(nameOf(request));
        if (!found.ok) return problem(reply, found.problems);
        if (found.value === null) return refuse(reply, 400, "no existing key found");
        const { min_decryption_version: version } = body.data;
        if (version === undefined) return reply.code(204).send();
        return answered(reply, await keys.setMinDecryptionVersion(nameOf(request), version), shown);
      });
      transit.delete("/keys/:name", manage, async (request, reply) => {
        const removed = await keys.remove(nameOf(request));
        return removed.ok ? reply.code(204).send() : problem(reply, removed.problems);
      });
      transit.post("/encrypt/:name", use, async (request, reply) => {
        const body = Encrypt.safeParse(request.body);
        if (!body.success) return refuse(reply, 400, "plaintext and associated_data must be base64");
        const wrapped = await keys.wrap(
          nameOf(request),
          Buffer.from(body.data.plaintext, "base64"),
          Buffer.from(body.data.associated_data, "base64"),
        );
        return answered(reply, wrapped, (ciphertext) => ({ ciphertext }));
      });
      transit.post("/decrypt/:name", use, async (request, reply) => {
        const body = Decrypt.safeParse(request.body);
        if (!body.success) return refuse(reply, 400, "ciphertext must be text, associated_data base64");
        const { ciphertext, associated_data } = body.data;
        const opened = await keys.unwrap(nameOf(request), ciphertext, Buffer.from(associated_data, "base64"));
        return answered(reply, opened, (bytes) => ({ plaintext: Buffer.from(bytes).toString("base64") }));
      });
      transit.post("/rewrap/:name", use, async (request, reply) => {
        const body = Decrypt.safeParse(request.body);
        if (!body.success) return refuse(reply, 400, "ciphertext must be text, associated_data base64");
        const { ciphertext, associated_data } = body.data;
        const rewrapped = await keys.rewrap(
          nameOf(request),
          ciphertext,
          Buffer.from(associated_data, "base64"),
        );
        return answered(reply, rewrapped, (wrapped) => ({ ciphertext: wrapped }));
      });
    },
    { prefix: "/v1/transit" },
  );
  return app;
}

function nameOf(request: FastifyRequest): string {
  const { name } = z.object({ name: z.string() }).parse(request.params);
  return name;
}

/** Tokens are compared by digest in constant time, and every one of them is compared. */
function tokenTable(tokens: KeyTokens): (token: string) => readonly Right[] | null {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const known = Object.values(tokens).map(({ token, may }) => ({ digest: digest(token), may }));
  return (token) => {
    const given = digest(token);
    let rights: readonly Right[] | null = null;
    for (const entry of known) if (timingSafeEqual(entry.digest, given)) rights = entry.may;
    return rights;
  };
}

function answered<T>(reply: FastifyReply, result: Result<T>, show: (value: T) => object): object {
  return result.ok ? { data: show(result.value) } : problem(reply, result.problems);
}

const shown = (info: KeyInfo): object => ({
  name: info.name,
  type: "aes256-gcm96",
  latest_version: info.latestVersion,
  min_decryption_version: info.minDecryptionVersion,
  exportable: false,
  deletion_allowed: true,
});

/** Vault's words for what went wrong; its clients match on these. */
function problem(reply: FastifyReply, problems: readonly Problem[]): FastifyReply {
  const code = problems[0]?.code;
  if (code === "BATON-KEYS-MISSING") return refuse(reply, 400, "encryption key not found");
  if (code === "BATON-KEYS-OPEN") return refuse(reply, 400, "cipher: message authentication failed");
  if (code === "BATON-KEYS-VERSION")
    return refuse(reply, 400, "min decryption version is not one of the key's");
  if (code === "BATON-KEYS-NAME") return refuse(reply, 400, "invalid key name");
  return refuse(reply, 500, code ?? "internal error");
}

const refuse = (reply: FastifyReply, status: number, ...errors: readonly string[]): FastifyReply =>
  reply.code(status).send({ errors });
