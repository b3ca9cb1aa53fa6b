import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** An ID token in the making: a test may change all of it. */
export interface Minting {
  claims: JWTPayload;
  alg: string;
  key: CryptoKey | Uint8Array;
}

/** An OpenID provider that does what a test tells it. */
export interface FakeProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in next. */
  subject: { sub: string; [claim: string]: unknown };
  /** Changes the next ID tokens, or gives one of the test's own. */
  mint: (minting: Minting) => string | undefined | Promise<string | undefined>;
  /** A careless one takes a code again, and asks for no verifier: then our own guards are all there are. */
  careless: boolean;
  /** How often a code was exchanged for tokens. */
  readonly exchanges: number;
  stop(): Promise<void>;
}

/** Starts it on a port of its own. It signs in whoever comes, at once. */
export async function fakeProvider(): Promise<FakeProvider> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const codes = new Map<string, { challenge: string; nonce: string }>();
  const state = { exchanges: 0 };
  const clientSecret = randomBytes(24).toString("hex");

  async function token(body: URLSearchParams): Promise<object | null> {
    const code = codes.get(body.get("code") ?? "");
    if (!self.careless) codes.delete(body.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    if (code === undefined || (code.challenge !== challenge && !self.careless)) return null;
    state.exchanges += 1;
    const now = Math.floor(Date.now() / 1_000);
    const minting: Minting = {
      claims: { iss: issuer, aud: "client", iat: now, exp: now + 60, nonce: code.nonce, ...self.subject },
      alg: "ES256",
      key: privateKey,
    };
    const own = await self.mint(minting);
    const id_token =
      own ??
      (await new SignJWT(minting.claims)
        .setProtectedHeader({ alg: minting.alg, kid: "k1" })
        .sign(minting.key));
    return { access_token: randomBytes(16).toString("hex"), token_type: "bearer", expires_in: 60, id_token };
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    const json = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (url.pathname === "/.well-known/openid-configuration")
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["ES256"],
        code_challenge_methods_supported: ["S256"],
      });
    if (url.pathname === "/jwks") return json(200, { keys: [jwk] });
    if (url.pathname === "/authorize") {
      const code = randomBytes(16).toString("hex");
      codes.set(code, {
        challenge: url.searchParams.get("code_challenge") ?? "",
        nonce: url.searchParams.get("nonce") ?? "",
      });
      const back = new URL(url.searchParams.get("redirect_uri") ?? "");
      back.searchParams.set("code", code);
      back.searchParams.set("state", url.searchParams.get("state") ?? "");
      response.writeHead(302, { location: back.href }).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await token(new URLSearchParams(Buffer.concat(chunks).toString()));
    return answer === null ? json(400, { error: "invalid_grant" }) : json(200, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self: FakeProvider = {
    issuer,
    clientId: "client",
    clientSecret,
    subject: { sub: "ann", name: "Ann" },
    mint: () => undefined,
    careless: false,
    get exchanges() {
      return state.exchanges;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}
