import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import { ApiError } from "./api-error.ts";
import { API_RESOURCE, TOKEN_ALGORITHM } from "./oidc-client.ts";

/** What a verified access token says about its bearer. */
export interface TokenClaims {
  readonly subject: string;
  readonly tenant: string;
  readonly roles: readonly string[];
}

/** Turns an `Authorization` header into claims, or throws an `ApiError` (401, or 503 where no key can be had). */
export type TokenVerifier = (authorization: string | undefined) => Promise<TokenClaims>;

interface Verified {
  readonly claims: TokenClaims;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A verified token is taken as such for this many milliseconds, never beyond its own end. */
const REMEMBER_MS = 60_000;
const REMEMBERED_TOKENS = 5_000;

/**
 * Verifies access tokens of one issuer: signature by a key of its JWKS (cached), algorithm from a list of one, issuer,
 * audience, expiry, and the type that tells an access token from an ID token.
 */
export function tokenVerifier(issuer: string, now: () => number = Date.now): TokenVerifier {
  const keys = issuerKeys(issuer);
  const remembered = new Map<string, Verified>();
  return async (authorization) => {
    const token = bearer(authorization);
    const known = remembered.get(token);
    if (known !== undefined && known.until > now()) return known.claims;
    const { claims, expiresAt } = await verify(token, issuer, await keys());
    if (remembered.size >= REMEMBERED_TOKENS) remembered.clear();
    remembered.set(token, { claims, until: Math.min(expiresAt, now() + REMEMBER_MS) });
    return claims;
  };
}

function bearer(authorization: string | undefined): string {
  if (authorization === undefined)
    throw new ApiError(401, "auth.missing", "Sign in and send the access token as a bearer token.");
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization)?.[1];
  if (token === undefined)
    throw new ApiError(401, "auth.invalid", "The Authorization header holds no bearer token.");
  return token;
}

/** The issuer's key set, found by discovery once; a failed discovery is tried again by the next request. */
function issuerKeys(issuer: string): () => Promise<JWTVerifyGetKey> {
  let found: Promise<JWTVerifyGetKey> | undefined;
  const discover = async (): Promise<JWTVerifyGetKey> => {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(5000),
    });
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer || typeof document.jwks_uri !== "string")
      throw new Error("the discovery document is not this issuer's");
    return createRemoteJWKSet(new URL(document.jwks_uri));
  };
  return async () => {
    found ??= discover();
    try {
      return await found;
    } catch {
      found = undefined;
      throw unavailable();
    }
  };
}

const unavailable = (): ApiError =>
  new ApiError(503, "auth.unavailable", "The identity provider cannot be reached; try again.");

async function verify(
  token: string,
  issuer: string,
  keys: JWTVerifyGetKey,
): Promise<{ claims: TokenClaims; expiresAt: number }> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: API_RESOURCE,
      algorithms: [TOKEN_ALGORITHM],
      typ: "at+jwt",
      requiredClaims: ["exp", "sub"],
    });
    const { sub = "", exp = 0, tenant, roles } = payload;
    if (typeof tenant !== "string" || !Array.isArray(roles))
      throw new ApiError(401, "auth.invalid", "The access token names no tenant or no roles.");
    return { claims: { subject: sub, tenant, roles: roles.map(String) }, expiresAt: exp * 1000 };
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof errors.JWTExpired)
    return new ApiError(401, "auth.expired", "The access token has expired; sign in again.");
  // A key set that cannot be fetched is a plain JOSEError or a network error; every verdict on the token is a subclass.
  const verdict = error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC";
  if (!verdict || error instanceof errors.JWKSTimeout) return unavailable();
  return new ApiError(401, "auth.invalid", "The access token is not valid here; sign in again.");
}
