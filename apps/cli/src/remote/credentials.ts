import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { makeFolder } from "@baton/adapters";
import { failed, ok, type Result } from "@baton/core";
import { writeWhole } from "@baton/supervisor/files";
import { z } from "zod";

const Credential = z.strictObject({
  token: z.string(),
  /** Milliseconds since 1970. */
  expiresAt: z.number(),
  person: z.strictObject({ id: z.string(), name: z.string(), via: z.string() }),
});
/** A sign-in at one server, as it is kept for one user of this machine. */
export type Credential = z.infer<typeof Credential>;

const File = z.record(z.string(), Credential);

/** The file with this user's sign-ins (mode 0600), by the servers' addresses. */
export function credentialsPath(env: NodeJS.ProcessEnv = process.env): string {
  const base =
    process.platform === "win32"
      ? (env.APPDATA ?? join(homedir(), "AppData", "Roaming"))
      : (env.XDG_CONFIG_HOME ?? join(homedir(), ".config"));
  return join(base, "baton", "servers.json");
}

/** All sign-ins that are kept; `BATON-LOGIN-FILE` where the file is there and cannot be read. */
export async function readCredentials(path = credentialsPath()): Promise<Result<z.infer<typeof File>>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return ok({});
    return fileProblem(path, error instanceof Error ? error.message : String(error));
  }
  const parsed = File.safeParse(jsonOf(text));
  return parsed.success ? ok(parsed.data) : fileProblem(path, "it does not hold what Baton writes there");
}

/** Keeps a sign-in, or with null forgets it. The file is replaced as a whole. `BATON-LOGIN-FILE`. */
export async function keepCredential(
  server: string,
  credential: Credential | null,
  path = credentialsPath(),
): Promise<Result<void>> {
  const kept = await readCredentials(path);
  if (!kept.ok) return kept;
  const { [server]: _, ...others } = kept.value;
  const next = credential === null ? others : { ...others, [server]: credential };
  try {
    await makeFolder(dirname(path));
    await writeWhole(path, `${JSON.stringify(next, null, 2)}\n`);
    return ok(undefined);
  } catch (error) {
    return fileProblem(path, error instanceof Error ? error.message : String(error));
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const fileProblem = (path: string, why: string): Result<never> =>
  failed({
    code: "BATON-LOGIN-FILE",
    message: `The file with your sign-ins, ${path}, cannot be used: ${why}.`,
    remedy: "Make it yours to read and write, or remove it and sign in again with `baton login`.",
  });
