import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSupervisorClient, readSupervisorAddress } from "@baton/adapters";
import { connectionSecrets, type KnownSecret } from "@baton/core";
import { isSecretField } from "@baton/core/redact/secret-shapes";
import type { Definition } from "./definition/load.ts";

/** Of a secret with several lines, such as a key in PEM, a line of this length is a secret by itself. */
const LONG_LINE = 20;

const LEAST_VALUE = 6;
/** How long a supervisor may take to tell its server's address. */
const ASK_MS = 3_000;
/** Variables that hold a key, or name a file with a secret in it. */
const KEY = /(?:^|_)KEY$/;
/** The folder a shell is in; it is called like a password by accident. */
const FOLDER = /^(?:OLD)?PWD$/;
const SECRET_FILE = /(?:KEY|PASSPHRASE|PASSWORD|SECRET|TOKEN)_FILE$/;

/**
 * Every secret that can be known on this machine: the files of the state folder's `secrets/`, the supervisor's token and its
 * server's password, and what the environment and the platform's files hold, or name a file of, under a name that says so or
 * as an address with a password. What cannot be read is no secret of ours to show.
 */
export async function knownSecrets(
  stateDir: string,
  definition: Definition | null,
): Promise<readonly KnownSecret[]> {
  const token = (await readSupervisorAddress(stateDir))?.token;
  const variables = Object.entries(process.env);
  return [
    ...(await secretFiles(join(stateDir, "secrets"))),
    ...(token === undefined ? [] : [{ name: "supervisor's token", value: token }]),
    ...(token === undefined ? [] : await serverSecrets(stateDir)),
    ...variables.flatMap(([name, value]) => inVariable(`environment ${name}`, name, value)),
    ...(await namedFiles(variables)),
    ...(definition === null ? [] : [...environmentsOf(definition), ...clientSecretOf(definition)]),
  ];
}

/** The password with which Baton itself signs in: of a server of one's own the state folder has none. */
async function serverSecrets(stateDir: string): Promise<readonly KnownSecret[]> {
  const signal = AbortSignal.timeout(ASK_MS);
  const url = await createSupervisorClient(stateDir).resolve("${database.baton}", signal);
  return connectionSecrets(url.ok ? url.value : null).map((value) => ({ name: "server's address", value }));
}

async function namedFiles(variables: readonly (readonly [string, string | undefined])[]) {
  const found = variables.map(async ([name, path]) => {
    if (path === undefined || !SECRET_FILE.test(name)) return [];
    const value = await readFile(path, "utf8").catch(() => "");
    return valuesIn(value).map((one) => ({ name: `file of ${name}`, value: one }));
  });
  return (await Promise.all(found)).flat();
}

/** A text as a secret: as a whole and, where it has several lines, each long one. */
function valuesIn(text: string): readonly string[] {
  const value = text.trim();
  const lines = value.split("\n").map((line) => line.trim());
  const long = lines.filter((line) => line.length >= LONG_LINE && !line.startsWith("-----"));
  return value === "" ? [] : lines.length > 1 ? [value, ...long] : [value];
}

async function secretFiles(folder: string): Promise<readonly KnownSecret[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async ({ name, parentPath }) => {
      const value = await readFile(join(parentPath, name), "utf8").catch(() => "");
      return valuesIn(value).map((one) => ({ name: `secret ${name}`, value: one }));
    });
  return (await Promise.all(found)).flat();
}

/** A variable whose name says that it holds a secret, or whose value is an address with a password. */
function inVariable(shown: string, name: string, value: string | undefined): readonly KnownSecret[] {
  // Shorter ones are numbers and flags: taking them out would garble every text.
  if (value === undefined || value.length < LEAST_VALUE) return [];
  const [whole, ...parts] = connectionSecrets(value);
  const said =
    KEY.test(name) || (isSecretField(name, value) && !SECRET_FILE.test(name) && !FOLDER.test(name));
  const values = parts.length > 0 ? [whole ?? value, ...parts] : said ? valuesIn(value) : [];
  return values.map((one) => ({ name: shown, value: one }));
}

/** The identity provider's client secret, whatever the variable is called that holds it. */
function clientSecretOf({ platform: { identity } }: Definition): readonly KnownSecret[] {
  const variable = identity?.clientSecret;
  const value = variable === undefined ? undefined : process.env[variable];
  return value ? [{ name: `environment ${variable}`, value }] : [];
}

/** Secrets that somebody wrote into a file of the platform, where `${secret.NAME}` should stand. */
function environmentsOf({ platform, releases }: Definition): readonly KnownSecret[] {
  const environments = [
    ["platform.yaml", platform.seed?.env ?? {}] as const,
    ["platform.yaml", platform.workload?.env ?? {}] as const,
    ...[...releases.values()].flatMap(({ file, release }) =>
      Object.values(release.services).map(({ env }) => [file, env] as const),
    ),
  ];
  return environments.flatMap(([file, env]) =>
    Object.entries(env).flatMap(([name, value]) => inVariable(`${file} ${name}`, name, value)),
  );
}
