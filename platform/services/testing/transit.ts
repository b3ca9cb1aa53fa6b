import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** A key service that keeps its keys in memory and speaks the two calls of Vault's transit API that the vault makes. */
export interface TestTransit {
  readonly url: string;
  readonly token: string;
  /** While true, every call is answered 503. */
  down: boolean;
  stop(): Promise<void>;
}

/** Starts one on a free port. Associated data is bound as the real one binds it: another one does not open. */
export async function testTransit(): Promise<TestTransit> {
  const keys = new Map<string, Buffer>();
  const keyOf = (name: string): Buffer => {
    const key = keys.get(name) ?? randomBytes(32);
    keys.set(name, key);
    return key;
  };
  const server = createServer(async (request, response) => {
    const [, verb = "", name = ""] = /^\/v1\/transit\/(encrypt|decrypt)\/(.+)$/.exec(request.url ?? "") ?? [];
    const answer = (status: number, data: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(status === 200 ? { data } : { errors: [String(data)] }));
    };
    const body = await read(request);
    if (transit.down) return answer(503, "sealed");
    if (request.headers["x-vault-token"] !== transit.token) return answer(403, "permission denied");
    try {
      if (verb === "encrypt") answer(200, { ciphertext: encrypt(keyOf(name), body) });
      else answer(200, { plaintext: decrypt(keyOf(name), body) });
    } catch {
      answer(400, "invalid ciphertext");
    }
  });
  const transit = {
    url: "",
    token: "token of a test",
    down: false,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address !== null && typeof address !== "string") transit.url = `http://127.0.0.1:${address.port}`;
  return transit;
}

type Body = Readonly<Record<string, string>>;

async function read(request: IncomingMessage): Promise<Body> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text === "" ? "{}" : text) as Body;
}

const bytes = (base64 = ""): Buffer => Buffer.from(base64, "base64");

function encrypt(key: Buffer, body: Body): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(bytes(body.associated_data));
  const sealed = Buffer.concat([cipher.update(bytes(body.plaintext)), cipher.final()]);
  return `vault:v1:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64")}`;
}

function decrypt(key: Buffer, body: Body): string {
  const sealed = bytes(body.ciphertext?.replace("vault:v1:", ""));
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12)).setAAD(
    bytes(body.associated_data),
  );
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString("base64");
}
