import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type KeysPort, type Result, wrappedVersion } from "@baton/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSealedKeys } from "./sealed-file.ts";
import { createTransitKeys } from "./transit-client.ts";
import { transitServer } from "./transit-server.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join("; "));
  return result.value;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : (result.problems[0]?.code ?? "none"));

const tokens = {
  all: { token: "token-with-all-rights", may: ["use" as const, "manage" as const] },
  user: { token: "token-that-may-use", may: ["use" as const] },
};

let folder = "";
let sealed: KeysPort;
let served: { url: string; close(): Promise<void> };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "baton-keys-"));
  sealed = must(await openSealedKeys(join(folder, "served.json"), "passphrase"));
  const app = transitServer(sealed, tokens);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  served = { url, close: () => app.close() };
});
afterAll(async () => {
  await served.close();
  await rm(folder, { recursive: true, force: true });
});

const ports: Record<string, () => Promise<KeysPort>> = {
  "the sealed file": async () => must(await openSealedKeys(join(folder, "conformance.json"), "passphrase")),
  "the client through the server": async () =>
    createTransitKeys({ url: served.url, token: tokens.all.token }),
};

describe.each(Object.entries(ports))("M233 keys port: %s", (_name, connect) => {
  let keys: KeysPort;
  beforeAll(async () => {
    keys = await connect();
  });

  test("M296 P022 rotate, rewrap, and the oldest version that unwraps: what is rewrapped opens, what is not is refused, and may be let in again", async () => {
    must(await keys.create("rotated"));
    const [old, other] = [
      must(await keys.wrap("rotated", text("the key"), text("place"))),
      must(await keys.wrap("rotated", text("another"), text("place"))),
    ];
    expect(must(await keys.rotate("rotated"))).toMatchObject({ latestVersion: 2, minDecryptionVersion: 1 });
    const fresh = must(await keys.rewrap("rotated", old, text("place")));
    expect([wrappedVersion(old), wrappedVersion(fresh)]).toEqual([1, 2]);
    expect(codeOf(await keys.rewrap("rotated", old, text("elsewhere")))).toBe("BATON-KEYS-OPEN");
    expect(must(await keys.setMinDecryptionVersion("rotated", 2))).toMatchObject({ minDecryptionVersion: 2 });
    expect(Buffer.from(must(await keys.unwrap("rotated", fresh, text("place")))).toString()).toBe("the key");
    expect(codeOf(await keys.unwrap("rotated", other, text("place")))).toBe("BATON-KEYS-OPEN");
    expect(codeOf(await keys.setMinDecryptionVersion("rotated", 3))).toBe("BATON-KEYS-VERSION");
    must(await keys.setMinDecryptionVersion("rotated", 1));
    expect(Buffer.from(must(await keys.unwrap("rotated", other, text("place")))).toString()).toBe("another");
    for (const asked of [keys.rotate("nobody"), keys.setMinDecryptionVersion("nobody", 1)])
      expect(codeOf(await asked)).toBe("BATON-KEYS-MISSING");
  });

  test("a key that is not there is null, and neither wraps nor unwraps", async () => {
    expect(must(await keys.describe("absent"))).toBeNull();
    expect(codeOf(await keys.wrap("absent", text("x"), text("a")))).toBe("BATON-KEYS-MISSING");
    expect(codeOf(await keys.unwrap("absent", "vault:v1:AAAA", text("a")))).toBe("BATON-KEYS-MISSING");
  });

  test("create is convergent: the second time leaves the key as it is", async () => {
    const first = must(await keys.create("dcoder-hale"));
    expect(first).toEqual({ name: "dcoder-hale", latestVersion: 1, minDecryptionVersion: 1 });
    const wrapped = must(await keys.wrap("dcoder-hale", text("dek"), text("place")));
    expect(must(await keys.create("dcoder-hale"))).toEqual(first);
    expect(must(await keys.describe("dcoder-hale"))).toEqual(first);
    expect(Buffer.from(must(await keys.unwrap("dcoder-hale", wrapped, text("place")))).toString()).toBe(
      "dek",
    );
  });

  test("what is wrapped unwraps under the same key and for the same place only", async () => {
    must(await keys.create("one"));
    must(await keys.create("two"));
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.nat(),
        async (plaintext, place, at) => {
          const wrapped = must(await keys.wrap("one", plaintext, place));
          expect(wrapped).toMatch(/^vault:v1:/);
          expect(Buffer.from(must(await keys.unwrap("one", wrapped, place)))).toEqual(Buffer.from(plaintext));
          expect(codeOf(await keys.unwrap("two", wrapped, place))).toBe("BATON-KEYS-OPEN");
          const other = Uint8Array.of(...place, 1);
          expect(codeOf(await keys.unwrap("one", wrapped, other))).toBe("BATON-KEYS-OPEN");
          const bytes = Buffer.from(wrapped.slice(9), "base64");
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1;
          const changed = `vault:v1:${bytes.toString("base64")}`;
          expect(codeOf(await keys.unwrap("one", changed, place))).toBe("BATON-KEYS-OPEN");
        },
      ),
      { numRuns: 15 },
    );
    expect(codeOf(await keys.unwrap("one", "no such thing", text("")))).toBe("BATON-KEYS-OPEN");
    expect(codeOf(await keys.unwrap("one", "vault:v9:AAAA", text("")))).toBe("BATON-KEYS-OPEN");
  });

  test("a removed key is gone; removing it again is fine", async () => {
    must(await keys.create("short-lived"));
    must(await keys.remove("short-lived"));
    must(await keys.remove("short-lived"));
    expect(must(await keys.describe("short-lived"))).toBeNull();
  });

  test("a name that is no key name is refused", async () => {
    for (const name of ["", "../sys", "a/b", "x".repeat(129), "."])
      expect(codeOf(await keys.create(name))).toBe("BATON-KEYS-NAME");
  });
});

describe("the sealed file", () => {
  const at = (name: string): string => join(folder, name);

  test("keeps its keys over a restart, is readable for its owner only and holds no key in clear", async () => {
    const file = at("restart.json");
    const keys = must(await openSealedKeys(file, "first"));
    must(await keys.create("dcoder-hale"));
    const wrapped = must(await keys.wrap("dcoder-hale", text("dek"), text("")));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).not.toContain("dcoder-hale");
    const again = must(await openSealedKeys(file, "first"));
    expect(Buffer.from(must(await again.unwrap("dcoder-hale", wrapped, text("")))).toString()).toBe("dek");
  });

  test("a wrong passphrase is told at once, and apart from a damaged file", async () => {
    const file = at("passphrase.json");
    must(await openSealedKeys(file, "right"));
    expect(codeOf(await openSealedKeys(file, "wrong"))).toBe("BATON-KEYS-PASSPHRASE");
    expect(codeOf(await openSealedKeys(file, ""))).toBe("BATON-KEYS-PASSPHRASE");
    const content = await readFile(file, "utf8");
    for (const damage of ["", "{", content.replace('"nonce": "', '"nonce": "AA'), content.slice(0, -30)]) {
      await writeFile(file, damage);
      expect(codeOf(await openSealedKeys(file, "right"))).toBe("BATON-KEYS-CORRUPT");
    }
  });

  test("after a rotation the new version wraps and the old one still unwraps", async () => {
    const keys = must(await openSealedKeys(at("rotate.json"), "p"));
    must(await keys.create("k"));
    const old = must(await keys.wrap("k", text("old"), text("")));
    expect(must(await keys.rotate("k")).latestVersion).toBe(2);
    const fresh = must(await keys.wrap("k", text("new"), text("")));
    expect(fresh).toMatch(/^vault:v2:/);
    expect(Buffer.from(must(await keys.unwrap("k", old, text("")))).toString()).toBe("old");
    expect(Buffer.from(must(await keys.unwrap("k", fresh, text("")))).toString()).toBe("new");
  });

  test("two processes that create keys at the same time lose none", async () => {
    const file = at("shared.json");
    const [left, right] = await Promise.all([openSealedKeys(file, "p"), openSealedKeys(file, "p")]);
    const names = Array.from({ length: 12 }, (_, n) => `key-${n}`);
    await Promise.all(names.map(async (name, n) => must(await must(n % 2 ? left : right).create(name))));
    const third = must(await openSealedKeys(file, "p"));
    for (const name of names) expect(must(await third.describe(name))?.latestVersion).toBe(1);
    expect(must(await must(left).describe("key-1"))).not.toBeNull();
    expect(must(await must(left).describe("key-0"))).not.toBeNull();
  });
});

describe("the key service", () => {
  test("a token does what it may and no more", async () => {
    const user = createTransitKeys({ url: served.url, token: tokens.user.token });
    const stranger = createTransitKeys({ url: served.url, token: "some-other-token-here" });
    must(await createTransitKeys({ url: served.url, token: tokens.all.token }).create("guarded"));
    expect(codeOf(await user.create("mine"))).toBe("BATON-KEYS-DENIED");
    expect(codeOf(await user.remove("guarded"))).toBe("BATON-KEYS-DENIED");
    must(await user.wrap("guarded", text("x"), text("")));
    expect(codeOf(await stranger.wrap("guarded", text("x"), text("")))).toBe("BATON-KEYS-DENIED");
    expect(codeOf(await stranger.describe("guarded"))).toBe("BATON-KEYS-DENIED");
  });

  test("one that cannot be reached is a problem without the token", async () => {
    const gone = createTransitKeys({ url: "http://127.0.0.1:1", token: "do-not-print-this" });
    const result = await gone.describe("k");
    expect(codeOf(result)).toBe("BATON-KEYS-UNREACHABLE");
    expect(JSON.stringify(result)).not.toContain("do-not-print-this");
  });

  const start = (env: Record<string, string>) =>
    spawn(process.execPath, [fileURLToPath(new URL("./main.ts", import.meta.url))], {
      env: { PATH: process.env.PATH ?? "", HOST: "127.0.0.1", PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });

  test("runs as a process, answers its health path and ends in order on TERM", async () => {
    const child = start({
      KEYS_FILE: join(folder, "process.json"),
      BATON_KEYS_PASSPHRASE: "p",
      KEYS_TOKENS: JSON.stringify(tokens),
    });
    const exit = once(child, "exit");
    const lines = createInterface({ input: child.stdout });
    const [line] = await once(lines, "line");
    const { url } = JSON.parse(String(line));
    expect((await fetch(`${url}/v1/sys/health`)).status).toBe(200);
    must(await createTransitKeys({ url, token: tokens.all.token }).create("k"));
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });

  test("a wrong passphrase ends it with one clear line and exit code 3", async () => {
    const file = join(folder, "wrong.json");
    must(await openSealedKeys(file, "right passphrase"));
    const passphraseFile = join(folder, "passphrase");
    await writeFile(passphraseFile, "wrong passphrase\n");
    const child = start({
      KEYS_FILE: file,
      KEYS_PASSPHRASE_FILE: passphraseFile,
      KEYS_TOKENS: JSON.stringify(tokens),
    });
    const exit = once(child, "exit");
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    expect(await exit).toEqual([3, null]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("BATON-KEYS-PASSPHRASE");
    expect(stderr).not.toContain("wrong passphrase\n");
  });

  test("bad settings are told all at once, exit code 2", async () => {
    const child = start({});
    const exit = once(child, "exit");
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    expect(await exit).toEqual([2, null]);
    expect(stderr.trim().split("\n")).toHaveLength(3);
  });
});
