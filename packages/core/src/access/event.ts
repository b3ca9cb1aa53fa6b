import { z } from "zod";
import { Actor } from "../model/event.ts";
import { Role, TokenScope } from "./role.ts";

/** SHA-256 of a secret, in hex. The secret itself is shown once and kept nowhere. */
const SecretHash = z.string().regex(/^[0-9a-f]{64}$/);
/** Milliseconds since 1970, UTC. */
const Time = z.int().min(0);
const Said = { by: Actor, reason: z.string() };

/**
 * Everything that can happen to who may do what in one environment, version 1; stream `access/ENVIRONMENT`. The journal keeps
 * hashes of tokens and codes, so that whoever reads it cannot use them.
 */
export const AccessEvent = z.discriminatedUnion("type", [
  /** `invitation`: the one that was used up by this; null where an administrator gave the role straight away. */
  z.strictObject({
    type: z.literal("access.granted"),
    person: z.string(),
    name: z.string(),
    role: Role,
    invitation: z.string().nullable(),
    ...Said,
  }),
  z.strictObject({ type: z.literal("access.revoked"), person: z.string(), role: Role, ...Said }),
  /** Whoever shows the code gets the role, once. */
  z.strictObject({
    type: z.literal("access.invited"),
    invitation: z.string(),
    codeHash: SecretHash,
    name: z.string(),
    role: Role,
    expiresAt: Time,
    ...Said,
  }),
  z.strictObject({ type: z.literal("access.invitation-revoked"), invitation: z.string(), ...Said }),
  /** `maker`: the person whose rights bound what the token can; null where it was made without sign-in, on the machine itself. */
  z.strictObject({
    type: z.literal("access.token-created"),
    token: z.string(),
    name: z.string(),
    hash: SecretHash,
    scopes: z.array(TokenScope).min(1),
    expiresAt: Time,
    maker: z.string().nullable(),
    ...Said,
  }),
  z.strictObject({ type: z.literal("access.token-revoked"), token: z.string(), ...Said }),
]);
export type AccessEvent = z.infer<typeof AccessEvent>;
