import { randomBytes } from "node:crypto";
import { type Principal, personId } from "@baton/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { exportJWK, generateKeyPair } from "jose";
import { type Configuration, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { AccessError } from "../access-error.ts";
import { attemptsOnly } from "../limits.ts";
import type { AccessParts } from "../options.ts";
import { type ProviderClient, providerClient } from "../provider-client.ts";
import type { Redeemer } from "../redeem.ts";
import { type Accounts, accountsIn } from "./accounts.ts";
import { interaction } from "./interaction.ts";
import { memoryAdapter } from "./memory-adapter.ts";

/** Where it stands in the server. */
const PATH = "/identity";
const CLIENT = "baton";
const ALGORITHM = "ES256";
/** What stands for the issuer in people's identities: its address moves with the port. */
const NAME = "built-in";

/** Seconds that each part of one sign-in lives. */
const CODE_SECONDS = 60;
const INTERACTION_SECONDS = 600;
/** The token endpoint takes forms of a few hundred bytes. */
const BODY_BYTES = 16_384;

/**
 * The identity provider for one machine, without the internet: names and passwords, and one-time codes that let people in. It is
 * an ordinary OpenID provider below `/identity`, so that signing in is the same with it as with any other. Its keys and
 * its client's secret are drawn at each start and never leave the process.
 */
export async function builtInProvider(
  app: FastifyInstance,
  parts: AccessParts,
  redeem: Redeemer,
  redirectUri: () => string,
): Promise<ProviderClient> {
  const accounts = accountsIn(parts.pool, parts.now);
  const clientSecret = randomBytes(32).toString("base64url");
  const jwk = await signingKey();
  const issuer = () => `${parts.publicUrl()}${PATH}`;
  // Made when it is first asked for: its address is known once the server listens.
  let made: Provider | null = null;
  const provider = (): Provider => {
    made ??= create({ issuer: issuer(), redirectUri: redirectUri(), clientSecret, jwk, accounts, redeem });
    return made;
  };
  mount(app, parts, provider);
  let client: ProviderClient | null = null;
  const lazily = (): ProviderClient => {
    client ??= providerClient({
      provider: { issuer: issuer(), clientId: CLIENT, clientSecret, scopes: ["openid", "profile"] },
      ...{ called: NAME, redirectUri, askAgain: true, fetch: parts.fetch },
    });
    return client;
  };
  return { begin: () => lazily().begin(), finish: (callback, checks) => lazily().finish(callback, checks) };
}

/** Hands requests below its path to the provider, as they came but for the path and the host. */
function mount(app: FastifyInstance, parts: AccessParts, provider: () => Provider): void {
  app.register(async (scope) => {
    // The provider reads bodies itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES) throw tooLarge;
      const raw = request.raw as typeof request.raw & { originalUrl?: string };
      raw.originalUrl = request.url;
      raw.url = request.url.slice(PATH.length);
      // It makes addresses out of the host a request names: that is ours, whatever the request says.
      raw.headers.host = new URL(parts.publicUrl()).host;
      reply.hijack();
      await provider().callback()(raw, reply.raw);
    };
    const config = { anonymous: true };
    scope.route({ method: ["GET", "POST"], url: `${PATH}/*`, config, handler: handle });
    scope.post(`${PATH}/sign-in/:uid`, { config: { ...config, ...attemptsOnly(parts) } }, handle);
  });
}

const tooLarge = new AccessError(413, {
  code: "BATON-ACCESS-CALLBACK",
  message: "No part of a sign-in is as large as this request.",
  remedy: "Begin again at the start page.",
});

async function signingKey() {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: "baton", alg: ALGORITHM, use: "sig" };
}

const cookieNames = (port: string) => ({
  session: `baton-identity-${port}`,
  interaction: `baton-identity-interaction-${port}`,
  resume: `baton-identity-resume-${port}`,
});

interface Made {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly clientSecret: string;
  readonly jwk: Awaited<ReturnType<typeof signingKey>>;
  readonly accounts: Accounts;
  readonly redeem: Redeemer;
}

function create({ issuer, redirectUri, clientSecret, jwk, accounts, redeem }: Made): Provider {
  const provider = new Provider(issuer, {
    adapter: memoryAdapter(Date.now),
    clients: [
      {
        client_id: CLIENT,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        id_token_signed_response_alg: ALGORITHM,
        // Plain http on a loopback address, as a laptop's server has it, is for native clients (RFC 8252).
        application_type: "native",
      },
    ],
    cookies: {
      keys: [randomBytes(32).toString("base64url")],
      // Cookies are shared by all ports of a host, and another provider on this machine may have the same names.
      names: cookieNames(new URL(issuer).port),
    },
    jwks: { keys: [jwk] as NonNullable<Configuration["jwks"]>["keys"] },
    claims: { openid: ["sub"], profile: ["name"] },
    conformIdTokenClaims: false,
    clientBasedCORS: () => false,
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    findAccount: async (_ctx, name) =>
      (await accounts.exists(name)) ? { accountId: name, claims: () => ({ sub: name, name }) } : undefined,
    interactions: { url: (_ctx, { uid }) => `${PATH}/sign-in/${uid}` },
    renderError,
    ttl: {
      AccessToken: CODE_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      Grant: INTERACTION_SECONDS,
      IdToken: CODE_SECONDS,
      Interaction: INTERACTION_SECONDS,
      Session: INTERACTION_SECONDS,
    },
  });
  const personOf = (name: string): Principal => ({
    ...{ kind: "person", id: personId(NAME, name), name, via: NAME, scopes: null },
  });
  provider.use(interaction(provider, { accounts, redeem, clientId: CLIENT, personOf }));
  return provider;
}

/** Errors in the shape of every other. */
function renderError(
  ctx: KoaContextWithOIDC,
  out: { error: string; error_description?: string | undefined },
): void {
  ctx.type = "application/json";
  const message = out.error_description ?? "The sign-in request was refused.";
  ctx.body = JSON.stringify({
    error: { code: "BATON-ACCESS-CALLBACK", message, details: { reason: out.error } },
  });
}
