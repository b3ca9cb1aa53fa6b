import * as oidc from "openid-client";
import { API_RESOURCE, API_SCOPE } from "./oidc-client.ts";

/** The part of `fetch` that signing in needs. */
type SignInFetch = (url: string, init: RequestInit) => Promise<Response>;

/** Whom to sign in, and where. */
export interface SignInOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Where the provider sends the code; nothing needs to listen there, the redirect is read and not followed. */
  readonly redirectUri: string;
  readonly username: string;
  readonly password: string;
  readonly fetch?: SignInFetch;
}

/** What a signed-in client holds. */
export interface SignedIn {
  readonly accessToken: string;
  /** Milliseconds since the epoch at which the token ends. */
  readonly expiresAt: number;
}

const MAX_REDIRECTS = 8;
const configurations = new Map<string, Promise<oidc.Configuration>>();

/**
 * Signs a user in as a browser would: authorization request with PKCE, the login form, the redirect with the code, and
 * the exchange for a token. Throws an `Error` that names the step and the status where one is refused; never the password.
 */
export async function signIn(options: SignInOptions): Promise<SignedIn> {
  const send = options.fetch ?? ((url, init) => fetch(url, init));
  const configuration = await discover(options, send);
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const request = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: options.redirectUri,
    scope: `openid ${API_SCOPE}`,
    resource: API_RESOURCE,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  });
  const callback = await authorize(request, options, send);
  const tokens = await oidc.authorizationCodeGrant(
    configuration,
    callback,
    { pkceCodeVerifier: verifier, expectedState: state },
    { resource: API_RESOURCE },
  );
  return {
    accessToken: tokens.access_token,
    expiresAt: Date.now() + (tokens.expires_in ?? 0) * 1000,
  };
}

/** Discovery is done once for an issuer; a failed one is forgotten, so that the next sign-in asks again. */
function discover(options: SignInOptions, send: SignInFetch): Promise<oidc.Configuration> {
  const key = `${options.issuer} ${options.clientId}`;
  const known = options.fetch === undefined ? configurations.get(key) : undefined;
  if (known !== undefined) return known;
  const found = oidc.discovery(new URL(options.issuer), options.clientId, undefined, oidc.None(), {
    execute: options.issuer.startsWith("http:") ? [oidc.allowInsecureRequests] : [],
    [oidc.customFetch]: (url, init) => send(url, init as RequestInit),
  });
  if (options.fetch === undefined) {
    configurations.set(key, found);
    found.catch(() => configurations.delete(key));
  }
  return found;
}

/** Walks the redirects with a cookie jar of its own, fills the login form, and returns the callback URL with the code. */
async function authorize(start: URL, options: SignInOptions, send: SignInFetch): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
    const response = await send(url.href, {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form === undefined ? {} : { body: form }),
    });
    remember(cookies, response);
    await response.arrayBuffer();
    const location = response.headers.get("location");
    if (location !== null) {
      url = new URL(location, url);
      form = undefined;
      if (url.href.startsWith(options.redirectUri)) return url;
    } else if (response.status === 200 && form === undefined) {
      form = new URLSearchParams({ username: options.username, password: options.password });
    } else {
      throw new Error(
        `sign-in of ${options.username} was refused at ${url.pathname} with status ${response.status}`,
      );
    }
  }
  throw new Error(`sign-in of ${options.username} did not end within ${MAX_REDIRECTS} requests`);
}

function remember(cookies: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const pair = line.split(";", 1)[0] ?? "";
    const at = pair.indexOf("=");
    const value = pair.slice(at + 1);
    if (value === "") cookies.delete(pair.slice(0, at));
    else cookies.set(pair.slice(0, at), value);
  }
}
