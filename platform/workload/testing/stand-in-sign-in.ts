import { createHash, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { demoPassword } from "../../shared/demo-users.ts";

interface Login {
  readonly challenge: string;
  readonly state: string;
  readonly redirectUri: string;
  user: string | null;
}

/** An identity provider with just enough of code and PKCE: a login form, a code, a token. It checks password and verifier. */
export class StandInSignIn {
  readonly #logins = new Map<string, Login>();
  readonly #tokens = new Map<string, { readonly user: string; readonly endsAt: number }>();
  readonly #secret: string;
  readonly #seconds: number;
  issuer = "";
  /** Tokens given so far. */
  given = 0;

  constructor(secret: string, tokenSeconds: number) {
    this.#secret = secret;
    this.#seconds = tokenSeconds;
  }

  /** The user whose token this is; undefined for a token that is not ours or has ended. */
  userOf(authorization: string | undefined): string | undefined {
    const token = this.#tokens.get((authorization ?? "").replace("Bearer ", ""));
    return token !== undefined && token.endsAt > Date.now() ? token.user : undefined;
  }

  /** Answers the provider's paths; false for any other path. */
  answer(method: string, url: URL, body: URLSearchParams, response: ServerResponse): boolean {
    if (url.pathname === "/.well-known/openid-configuration") this.#discovery(response);
    else if (url.pathname === "/auth") this.#authorize(url, response);
    else if (url.pathname.startsWith("/login/")) this.#login(method, url, body, response);
    else if (url.pathname === "/token") this.#token(body, response);
    else return false;
    return true;
  }

  #discovery(response: ServerResponse): void {
    json(response, 200, {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
      code_challenge_methods_supported: ["S256"],
    });
  }

  #authorize(url: URL, response: ServerResponse): void {
    const ask = (name: string): string => url.searchParams.get(name) ?? "";
    if (ask("code_challenge_method") !== "S256" || ask("client_id") !== "dcoder-web") {
      json(response, 400, { error: "invalid_request" });
      return;
    }
    const id = randomUUID();
    const login = {
      challenge: ask("code_challenge"),
      state: ask("state"),
      redirectUri: ask("redirect_uri"),
      user: null,
    };
    this.#logins.set(id, login);
    redirect(response, `/login/${id}`);
  }

  #login(method: string, url: URL, body: URLSearchParams, response: ServerResponse): void {
    const id = url.pathname.slice("/login/".length);
    const login = this.#logins.get(id);
    if (login === undefined) json(response, 404, { error: "no login" });
    else if (method === "GET")
      response.writeHead(200, { "content-type": "text/html" }).end("<form method=post>");
    else {
      const user = body.get("username") ?? "";
      if (body.get("password") !== demoPassword(this.#secret, user)) {
        json(response, 403, { error: "wrong password" });
        return;
      }
      login.user = user;
      const back = new URL(login.redirectUri);
      back.searchParams.set("code", id);
      back.searchParams.set("state", login.state);
      redirect(response, back.href);
    }
  }

  #token(body: URLSearchParams, response: ServerResponse): void {
    const login = this.#logins.get(body.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    if (login?.user == null || login.challenge !== challenge) {
      json(response, 400, { error: "invalid_grant" });
      return;
    }
    this.#logins.delete(body.get("code") ?? "");
    const token = randomUUID();
    this.#tokens.set(token, { user: login.user, endsAt: Date.now() + this.#seconds * 1000 });
    this.given += 1;
    json(response, 200, { access_token: token, token_type: "Bearer", expires_in: this.#seconds });
  }
}

const redirect = (response: ServerResponse, location: string): void =>
  void response.writeHead(303, { location }).end();

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
