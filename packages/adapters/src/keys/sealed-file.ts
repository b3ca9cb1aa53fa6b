import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { failed, type KeyInfo, type KeysPort, ok, type Problem, type Result } from "@baton/core";
import {
  emptyRing,
  infoOf,
  type KeyRing,
  readRing,
  unwrapWith,
  withKey,
  withMinDecryption,
  withoutKey,
  withRotation,
  wrapWith,
} from "./key-ring.ts";
import { keyProblems, validKeyName } from "./problems.ts";
import {
  corrupt,
  type MasterKey,
  masterKeyOf,
  newMasterKey,
  openContent,
  sealContent,
} from "./sealed-envelope.ts";

const STALE_LOCK_MS = 10_000;
const LOCK_TRIES = 400;

/**
 * Opens the key file, or makes it where there is none. Each change is on disk (temp file, fsync, rename, mode 0600) before
 * it is answered. Several processes may share the file: a change starts from what the file holds at that moment.
 * Problems: `BATON-KEYS-PASSPHRASE`, `BATON-KEYS-CORRUPT`, `BATON-KEYS-FILE`.
 */
export async function openSealedKeys(file: string, passphrase: string): Promise<Result<KeysPort>> {
  const empty: Problem = {
    code: "BATON-KEYS-PASSPHRASE",
    message: "The passphrase of the key file is empty.",
    remedy: "Give one in BATON_KEYS_PASSPHRASE or KEYS_PASSPHRASE_FILE.",
  };
  if (passphrase === "") return failed(empty);
  const text = await readText(file);
  if (!text.ok) return text;
  if (text.value === null) {
    const store = new SealedStore(file, await newMasterKey(passphrase));
    const made = await store.change((ring) => ring, true);
    // Another process may have made it in this moment, under a salt of its own.
    return made.ok ? ok(store.port()) : openExisting(file, passphrase);
  }
  return openExisting(file, passphrase);
}

async function openExisting(file: string, passphrase: string): Promise<Result<KeysPort>> {
  const text = await readText(file);
  if (!text.ok) return text;
  if (text.value === null) return failed(fileProblem(file, "it is gone"));
  const master = await masterKeyOf(text.value, passphrase, file);
  if (!master.ok) return master;
  const store = new SealedStore(file, master.value);
  const loaded = await store.load();
  return loaded.ok ? ok(store.port()) : loaded;
}

class SealedStore {
  readonly #file: string;
  readonly #master: MasterKey;
  #ring: KeyRing = emptyRing;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: string, master: MasterKey) {
    this.#file = file;
    this.#master = master;
  }

  async load(): Promise<Result<KeyRing>> {
    const text = await readText(this.#file);
    if (!text.ok) return text;
    if (text.value === null) return failed(fileProblem(this.#file, "it is gone"));
    const content = openContent(this.#master, text.value, this.#file);
    if (!content.ok) return content;
    const ring = readRing(content.value);
    if (ring === null) return failed(corrupt(this.#file, "what it holds is not a key ring"));
    this.#ring = ring;
    return ok(ring);
  }

  /** One change at a time: lock, read what is there, change, write whole, rename over. */
  change(next: (ring: KeyRing) => KeyRing, create = false): Promise<Result<KeyRing>> {
    const turn = this.#queue.then(() => this.#change(next, create));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #change(next: (ring: KeyRing) => KeyRing, create: boolean): Promise<Result<KeyRing>> {
    const temporary = `${this.#file}.next`;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      const handle = await lockedFile(temporary);
      let renamed = false;
      try {
        const before = await this.#current(create);
        if (!before.ok) return before;
        const after = next(before.value);
        if (after === before.value && !create) return before;
        await handle.writeFile(sealContent(this.#master, JSON.stringify(after)));
        await handle.sync();
        await chmod(temporary, 0o600);
        await rename(temporary, this.#file);
        renamed = true;
        await syncFolder(dirname(this.#file));
        this.#ring = after;
        return ok(after);
      } finally {
        await handle.close();
        // Once renamed, a file of that name is the next writer's.
        if (!renamed) await rm(temporary, { force: true });
      }
    } catch (error) {
      return failed(fileProblem(this.#file, reasonOf(error)));
    }
  }

  async #current(create: boolean): Promise<Result<KeyRing>> {
    if (!create) return this.load();
    const text = await readText(this.#file);
    if (!text.ok) return text;
    return text.value === null ? ok(emptyRing) : failed(fileProblem(this.#file, "it is there already"));
  }

  /** A key this process does not know may have been made by another one. */
  async #find(name: string): Promise<Result<KeyInfo | null>> {
    if (!validKeyName(name)) return failed(keyProblems.name(name));
    const known = infoOf(this.#ring, name);
    if (known !== null) return ok(known);
    const loaded = await this.load();
    return loaded.ok ? ok(infoOf(loaded.value, name)) : loaded;
  }

  async #changed(name: string, next: (ring: KeyRing) => KeyRing): Promise<Result<KeyInfo>> {
    if (!validKeyName(name)) return failed(keyProblems.name(name));
    const changed = await this.change(next);
    if (!changed.ok) return changed;
    const info = infoOf(changed.value, name);
    return info === null ? failed(keyProblems.missing(name)) : ok(info);
  }

  port(): KeysPort {
    const port: KeysPort = {
      describe: (name) => this.#find(name),
      create: (name) => this.#changed(name, (ring) => withKey(ring, name)),
      rotate: (name) => this.#changed(name, (ring) => withRotation(ring, name)),
      remove: async (name) => {
        if (!validKeyName(name)) return failed(keyProblems.name(name));
        const changed = await this.change((ring) => withoutKey(ring, name));
        return changed.ok ? ok(undefined) : changed;
      },
      wrap: async (name, plaintext, associatedData) => {
        const found = await this.#find(name);
        if (!found.ok) return found;
        const wrapped = wrapWith(this.#ring, name, plaintext, associatedData);
        return wrapped === null ? failed(keyProblems.missing(name)) : ok(wrapped);
      },
      unwrap: async (name, wrapped, associatedData) => {
        const found = await this.#find(name);
        if (!found.ok) return found;
        if (found.value === null) return failed(keyProblems.missing(name));
        const here = unwrapWith(this.#ring, name, wrapped, associatedData);
        if (here !== null) return ok(here);
        const loaded = await this.load(); // another process may have rotated the key
        if (!loaded.ok) return loaded;
        const plaintext = unwrapWith(loaded.value, name, wrapped, associatedData);
        return plaintext === null ? failed(keyProblems.open(name)) : ok(plaintext);
      },
      rewrap: async (name, wrapped, associatedData) => {
        const plaintext = await port.unwrap(name, wrapped, associatedData);
        return plaintext.ok ? port.wrap(name, plaintext.value, associatedData) : plaintext;
      },
      setMinDecryptionVersion: async (name, version) => {
        const changed = await this.#changed(name, (ring) => withMinDecryption(ring, name, version));
        if (!changed.ok || changed.value.minDecryptionVersion === version) return changed;
        return failed(keyProblems.version(name, version));
      },
    };
    return port;
  }
}

/** The temporary file is the lock too: only one writer can make it. One left by a crash is taken over after a while. */
async function lockedFile(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open(path, "wx", 0o600);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      if (tries >= LOCK_TRIES) throw error;
      const made = await stat(path).catch(() => null);
      if (made !== null && Date.now() - made.mtimeMs > STALE_LOCK_MS) await rm(path, { force: true });
      else await pause(30);
    }
  }
}

async function readText(file: string): Promise<Result<string | null>> {
  try {
    return ok(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return ok(null);
    return failed(fileProblem(file, reasonOf(error)));
  }
}

/** So that the rename itself survives a loss of power; where folders cannot be synced, the file still is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "unknown error";

const fileProblem = (file: string, why: string): Problem => ({
  code: "BATON-KEYS-FILE",
  message: `The key file ${file} cannot be used: ${why}.`,
  remedy: "See that its folder is there, writable for this user, and that the disk has room.",
  where: { file },
});
