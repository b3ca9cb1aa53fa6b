import { type Principal, type Problem, personId } from "@baton/core";
import * as oidc from "openid-client";
import { refuse } from "./access-error.ts";
import type { ExternalProvider } from "./options.ts";

/** An identity provider as one signs in with it. */
export interface ProviderClient {
  /** Where to send a browser, and what has to be the same when it comes back. */
  begin(): Promise<{ readonly url: URL; readonly checks: Checks }>;
  /** Who the provider says it was, out of the address a browser came back to. `BATON-ACCESS-CALLBACK`, `-PROVIDER`. */
  finish(callback: URL, checks: Checks): Promise<Principal>;
}

/** Drawn for one sign-in; good for nothing but its second half. */
export interface Checks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What a client knows of its provider. */
export interface ProviderClientParts {
  readonly provider: ExternalProvider;
  /** What people's identities and the journal say in place of the issuer, where its address is no lasting name. */
  readonly called: string | null;
  readonly redirectUri: () => string;
  /** Whether the provider has to ask who it is each time, whoever is signed in there. */
  readonly askAgain: boolean;
  readonly fetch: typeof fetch;
}

/** Code flow with PKCE, state and nonce; the ID token's signature is verified, whatever way it came. */
export function providerClient(parts: ProviderClientParts): ProviderClient {
  let found: Promise<oidc.Configuration> | null = null;
  // A failed discovery is forgotten, so that the next sign-in asks again.
  const configuration = (): Promise<oidc.Configuration> => {
    found ??= discover(parts).catch((error: unknown) => {
      found = null;
      throw refuse(providerProblem(parts.provider.issuer, error));
    });
    return found;
  };
  return {
    begin: async () => {
      const config = await configuration();
      const checks = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: parts.redirectUri(),
        scope: [...new Set(["openid", ...parts.provider.scopes])].join(" "),
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: "S256",
        ...(parts.askAgain ? { prompt: "login" } : {}),
      });
      return { url, checks };
    },
    finish: async (callback, { state, nonce, verifier }) => {
      const config = await configuration();
      const claims = await oidc
        .authorizationCodeGrant(config, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        .then((tokens) => tokens.claims())
        .catch((error: unknown) => {
          throw refuse(callbackProblem(parts.provider.issuer, error));
        });
      if (claims === undefined) throw refuse(callbackProblem(parts.provider.issuer, null));
      return personOf(parts.called ?? parts.provider.issuer, claims);
    },
  };
}

function discover({ provider, fetch }: ProviderClientParts): Promise<oidc.Configuration> {
  const { issuer, clientId, clientSecret } = provider;
  const authentication = clientSecret === null ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
  return oidc.discovery(new URL(issuer), clientId, {}, authentication, {
    execute: [
      oidc.enableNonRepudiationChecks,
      // An http issuer is one on this machine: platform.yaml takes no other.
      ...(issuer.startsWith("http:") ? [oidc.allowInsecureRequests] : []),
    ],
    [oidc.customFetch]: (url, init) => fetch(url, init as RequestInit),
  });
}

const LONGEST_NAME = 80;

function personOf(via: string, claims: oidc.IDToken): Principal {
  const named = [claims.name, claims.preferred_username, claims.email, claims.sub].find(
    (name): name is string => typeof name === "string" && name.trim() !== "",
  );
  return {
    ...{ kind: "person", id: personId(via, claims.sub), via, scopes: null },
    name: readable(named ?? claims.sub),
  };
}

/** A name as it can be shown and journaled: on one line, without controls that hide or turn text round. */
const readable = (name: string): string =>
  [...name.replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, " ").trim()].slice(0, LONGEST_NAME).join("");

const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";

/** What the library says of the provider's answer may hold tokens; its code never does. */
const callbackProblem = (issuer: string, error: unknown): Problem => ({
  code: "BATON-ACCESS-CALLBACK",
  message: `What came back from ${issuer} is no proof of who you are (${reasonOf(error)}).`,
  remedy: "Begin again at the start page. If it stays, check the client and its secret at the provider.",
  details: { issuer, reason: reasonOf(error) },
});

const providerProblem = (issuer: string, error: unknown): Problem => ({
  code: "BATON-ACCESS-PROVIDER",
  message: `The identity provider ${issuer} cannot be used (${reasonOf(error)}).`,
  remedy:
    "Check that it runs and that `identity.issuer` names it as its discovery document does, then try again.",
  details: { issuer, reason: reasonOf(error) },
});
