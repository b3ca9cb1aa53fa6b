import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createVerifier } from "./public-keys.ts";
import { openSigningKey } from "./signing-key.ts";

let stateDir = "";
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "baton-key-"));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const file = () => join(stateDir, "secrets", "baton-audit-key");
const open = async (env: Record<string, string> = {}, create = true) => {
  const key = await openSigningKey({ stateDir, env, create });
  return key.ok ? key.value : key.problems.map(({ code }) => code);
};
const signer = async (env: Record<string, string> = {}) => {
  const key = await open(env);
  if (key === null || !("sign" in key)) throw new Error(JSON.stringify(key));
  return key;
};

test("is drawn at the first use, once, for its owner alone; who only checks draws none", async () => {
  expect(await open({}, false)).toBeNull();
  const drawn = await Promise.all([signer(), signer(), signer()]);
  expect(new Set(drawn.map(({ key }) => key)).size).toBe(1);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  expect((await signer()).key).toBe(drawn[0]?.key);
});

test("signs what its public half verifies, and nothing else", async () => {
  const { sign, verify, key, publicKey } = await signer();
  const signature = sign("baton");
  expect(verify(key, "baton", signature)).toBe(true);
  expect(verify(key, "batoN", signature)).toBe(false);
  expect(verify("0".repeat(64), "baton", signature)).toBeNull();
  const elsewhere = createVerifier([{ pem: publicKey, from: "a file" }]);
  expect(elsewhere.ok && elsewhere.value(key, "baton", signature)).toBe(true);
});

test("comes from outside where it is named there, and nothing is drawn then", async () => {
  const pem = await signer().then(() => readFile(file(), "utf8"));
  const { key } = await signer();
  await rm(join(stateDir, "secrets"), { recursive: true });
  expect((await signer({ BATON_AUDIT_KEY: pem })).key).toBe(key);
  const named = join(stateDir, "elsewhere.pem");
  await writeFile(named, pem);
  expect((await signer({ BATON_AUDIT_KEY_FILE: named })).key).toBe(key);
  await expect(stat(file())).rejects.toThrow();
});

test("is refused where it is none, is gone, or others may read it", async () => {
  const refused = ["BATON-AUDIT-KEY-FILE"];
  expect(await open({ BATON_AUDIT_KEY: "secret" })).toEqual(refused);
  expect(await open({ BATON_AUDIT_KEY_FILE: join(stateDir, "none") })).toEqual(refused);
  await signer();
  await chmod(file(), 0o644);
  expect(await open()).toEqual(refused);
  expect(createVerifier([{ pem: "none", from: "here" }]).ok).toBe(false);
});
