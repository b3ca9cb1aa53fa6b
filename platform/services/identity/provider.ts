import type { JWK } from "jose";
import { type Configuration, errors, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { API_RESOURCE, API_SCOPE, TOKEN_ALGORITHM, WEB_CLIENT_ID } from "../../shared/oidc-client.ts";
import type { Accounts } from "./accounts.ts";
import { memoryAdapter } from "./memory-adapter.ts";

/** Seconds each artefact lives. */
const ACCESS_TOKEN_SECONDS = 600;
const SESSION_SECONDS = 8 * 3600;
const CODE_SECONDS = 60;
const INTERACTION_SECONDS = 600;

/** What the provider is made of. */
export interface ProviderParts {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly cookieSecret: string;
  readonly keys: JWK[];
  readonly accounts: Accounts;
}

/**
 * The OpenID provider: one public client with code and PKCE, and JWT access tokens for the API with `tenant` and
 * `roles`. A loopback redirect URI is accepted on any port (RFC 8252), so that a moved gateway still signs people in.
 */
export function createProvider(parts: ProviderParts): Provider {
  return new Provider(parts.issuer, {
    adapter: memoryAdapter(),
    clients: [client(parts.redirectUri)],
    cookies: { keys: [parts.cookieSecret] },
    jwks: { keys: parts.keys as NonNullable<Configuration["jwks"]>["keys"] },
    scopes: ["openid"],
    claims: { openid: ["sub", "tenant", "roles"] },
    clientBasedCORS: () => false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API_RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== API_RESOURCE) throw new errors.InvalidTarget();
          return {
            scope: API_SCOPE,
            audience: API_RESOURCE,
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: TOKEN_ALGORITHM } },
          };
        },
      },
    },
    findAccount: async (_ctx, username) => {
      const account = await parts.accounts.find(username);
      if (account === undefined) return undefined;
      const claims = { sub: username, tenant: account.tenant, roles: account.roles };
      return { accountId: username, claims: () => claims };
    },
    extraTokenClaims: async (_ctx, token) => {
      const username = "accountId" in token ? token.accountId : undefined;
      const account = username === undefined ? undefined : await parts.accounts.find(username);
      return account === undefined ? undefined : { tenant: account.tenant, roles: account.roles };
    },
    interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
    renderError,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      Grant: SESSION_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      Session: SESSION_SECONDS,
    },
  });
}

function client(redirectUri: string): NonNullable<Configuration["clients"]>[number] {
  const { protocol, hostname } = new URL(redirectUri);
  const loopback = protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return {
    client_id: WEB_CLIENT_ID,
    // "native" is what makes the provider ignore the port of a loopback redirect.
    application_type: loopback ? "native" : "web",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code"],
    response_types: ["code"],
    redirect_uris: [redirectUri],
    id_token_signed_response_alg: TOKEN_ALGORITHM,
  };
}

/** Errors in the platform's own shape. */
function renderError(
  ctx: KoaContextWithOIDC,
  out: { error: string; error_description?: string | undefined },
): void {
  ctx.type = "application/json";
  const message = out.error_description ?? "The sign-in request was refused.";
  ctx.body = JSON.stringify({ error: { code: `oidc.${out.error}`, message, details: {} } });
}
