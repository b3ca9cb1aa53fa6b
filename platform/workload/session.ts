import { demoPassword } from "../shared/demo-users.ts";
import { CALLBACK_PATH, WEB_CLIENT_ID } from "../shared/oidc-client.ts";
import { type SignedIn, signIn } from "../shared/sign-in.ts";

/** A token is renewed when this share of its life is left, and never later than `RENEW_MS` before its end. */
const RENEW_SHARE = 0.2;
const RENEW_MS = 30_000;

/** What signing in needs to know. */
export interface SessionOptions {
  readonly issuer: string;
  readonly gatewayUrl: string;
  readonly usersSecret: string;
}

/** One signed-in user: code and PKCE at the identity provider, renewed before the token ends. */
export class Session {
  readonly username: string;
  readonly tenant: string;
  readonly #options: SessionOptions;
  #token: SignedIn | null = null;
  #renewAt = 0;
  #renewal: Promise<SignedIn> | null = null;

  constructor(username: string, tenant: string, options: SessionOptions) {
    this.username = username;
    this.tenant = tenant;
    this.#options = options;
  }

  /** Whether `token` would answer at once at this time (ms). */
  isFresh(now: number): boolean {
    return this.#token !== null && now < this.#renewAt;
  }

  /** A token with time left; signs in where there is none. Throws an `Error` without the password in it. */
  async token(): Promise<string> {
    if (this.#token !== null && this.isFresh(Date.now())) return this.#token.accessToken;
    this.#renewal ??= this.#signIn().finally(() => {
      this.#renewal = null;
    });
    return (await this.#renewal).accessToken;
  }

  async #signIn(): Promise<SignedIn> {
    const signedIn = await signIn({
      issuer: this.#options.issuer,
      clientId: WEB_CLIENT_ID,
      redirectUri: this.#options.gatewayUrl + CALLBACK_PATH,
      username: this.username,
      password: demoPassword(this.#options.usersSecret, this.username),
    });
    const life = signedIn.expiresAt - Date.now();
    this.#token = signedIn;
    this.#renewAt = signedIn.expiresAt - Math.max(Math.min(RENEW_MS, life / 2), life * RENEW_SHARE);
    return signedIn;
  }
}
