import { secretHash } from "@baton/conductor";
import { type Principal, tokenByHash } from "@baton/core";
import type { FastifyRequest } from "fastify";
import { refuse, signInFirst, unreachable } from "./access-error.ts";
import type { AccessReader } from "./access-reader.ts";
import type { Cookie } from "./cookies.ts";
import type { Sessions } from "./sessions.ts";

/** What tells one caller from another. */
export interface Authenticator {
  readonly sessions: Sessions;
  readonly session: Cookie;
  readonly reader: AccessReader;
  readonly environment: string;
  readonly now: () => number;
}

/**
 * Who sends a request: a bearer token is taken before a cookie, and one that is good for nothing is refused rather than passed over
 * (`BATON-ACCESS-SIGN-IN`). Null where nobody says who they are. A cookie whose session is over is nobody.
 */
export async function authenticate(of: Authenticator, request: FastifyRequest): Promise<Principal | null> {
  const { authorization } = request.headers;
  if (authorization !== undefined) return bearer(of, authorization);
  const secret = of.session.of(request);
  return secret === null ? null : held(of.sessions.find("browser", secret));
}

async function bearer(of: Authenticator, authorization: string): Promise<Principal> {
  const token = /^Bearer (baton_[\w-]{43})$/i.exec(authorization)?.[1];
  if (token !== undefined) {
    const principal = (await serviceToken(of, token)) ?? (await held(of.sessions.find("cli", token)));
    if (principal !== null) return principal;
  }
  throw refuse(signInFirst("The token is none of this server's, or is expired or revoked."));
}

async function serviceToken(of: Authenticator, secret: string): Promise<Principal | null> {
  const access = await of.reader.read(of.environment);
  if (!access.ok) throw refuse(...access.problems);
  const token = tokenByHash(access.value.state, secretHash(secret), of.now());
  if (token === null) return null;
  return { kind: "token", id: token.id, name: token.name, via: "service token", scopes: token.scopes };
}

/** A session that cannot be looked up is neither there nor not there. */
async function held(found: Promise<Principal | null>): Promise<Principal | null> {
  try {
    return await found;
  } catch {
    throw refuse(unreachable());
  }
}
