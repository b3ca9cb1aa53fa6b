import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSupervisorAddress } from "@baton/adapters";
import { connectionSecrets, type KnownSecret } from "@baton/core";
import { isSecretField } from "@baton/core/redact/secret-shapes";
import type { Definition } from "../definition/load.ts";

/** Of a secret with several lines, such as a key in PEM, a line of this length is a secret by itself. */
const LONG_LINE = 20;

/**
 * Every secret that can be known on this machine: the files of the state folder's `secrets/`, the supervisor's token, and what
 * the environment and the platform's files hold under a name that says so or as an address with a password. What cannot be
 * read is no secret of ours to show.
 */
export async function knownSecrets(
  stateDir: string,
  definition: Definition | null,
): Promise<readonly KnownSecret[]> {
  const token = (await readSupervisorAddress(stateDir))?.token;
  return [
    ...(await secretFiles(join(stateDir, "secrets"))),
    ...(token === undefined ? [] : [{ name: "supervisor's token", value: token }]),
    ...Object.entries(process.env).flatMap(([name, value]) => inVariable(`environment ${name}`, name, value)),
    ...(definition === null ? [] : environmentsOf(definition)),
  ];
}

async function secretFiles(folder: string): Promise<readonly KnownSecret[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async ({ name, parentPath }) => {
      const value = (await readFile(join(parentPath, name), "utf8").catch(() => "")).trim();
      const lines = value.split("\n").map((line) => line.trim());
      const long =
        lines.length > 1 ? lines.filter((line) => line.length >= LONG_LINE && !line.startsWith("-----")) : [];
      return [value, ...long].map((one) => ({ name: `secret ${name}`, value: one }));
    });
  return (await Promise.all(found)).flat();
}

/** A variable whose name says that it holds a secret, or whose value is an address with a password. */
function inVariable(shown: string, name: string, value: string | undefined): readonly KnownSecret[] {
  if (value === undefined || value === "") return [];
  const [whole, ...parts] = connectionSecrets(value);
  const values = parts.length > 0 ? [whole ?? value, ...parts] : isSecretField(name, value) ? [value] : [];
  return values.map((one) => ({ name: shown, value: one }));
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
