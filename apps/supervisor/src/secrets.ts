import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./files.ts";

/** Names of the secrets that Baton needs for itself, beside those the platform declares. */
export const OWN_SECRETS = { postgres: "baton-postgres", keys: "baton-keys-passphrase" } as const;

/** The secrets of one state folder, each a file of mode 0600. Values never leave this process but to a child that asks. */
export interface Secrets {
  /** The value, or null where no such secret is there. */
  get(name: string): string | null;
  /** Reads the secret from its file, or generates it: 32 random bytes, base64url. */
  ensure(name: string): Promise<string>;
  /** Takes a value given from outside; it is not written down. */
  give(name: string, value: string): void;
  /** Whether the file of this secret is there. */
  stored(name: string): Promise<boolean>;
  /** Names generated since this store was opened, in order. */
  generated(): readonly string[];
  /** Every value known, for removing them from what is shown. */
  values(): readonly string[];
}

/** Opens the store in `secrets/` of the state folder. */
export async function openSecrets(stateDir: string): Promise<Secrets> {
  const folder = join(stateDir, "secrets");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const values = new Map<string, string>();
  const generated: string[] = [];
  const read = async (name: string): Promise<string | null> => {
    const path = join(folder, name);
    try {
      const value = (await readFile(path, "utf8")).trim();
      if (value === "") return null;
      await chmod(path, 0o600);
      return value;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
  };
  return {
    get: (name) => values.get(name) ?? null,
    async ensure(name) {
      const known = values.get(name) ?? (await read(name));
      if (known !== null) {
        values.set(name, known);
        return known;
      }
      const fresh = randomBytes(32).toString("base64url");
      await writeWhole(join(folder, name), `${fresh}\n`);
      values.set(name, fresh);
      generated.push(name);
      return fresh;
    },
    give: (name, value) => void values.set(name, value),
    stored: async (name) => (await read(name)) !== null,
    generated: () => [...generated],
    values: () => [...values.values()],
  };
}
