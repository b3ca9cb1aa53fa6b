/** What a write does: a prompt's first version, its newest version changed in place, or one more version. */
export type Change = "create" | "amend" | "version";

/** A write that is about to be sent. `prompt` and `version` are null for a `create`, whose id the platform gives. */
export interface WriteIntent {
  readonly seq: number;
  readonly tenant: string;
  readonly change: Change;
  readonly prompt: string | null;
  /** The version expected to be written: the newest for `amend`, the one after it for `version`. */
  readonly version: number | null;
  /** SHA-256 of the body, hex. */
  readonly digest: string;
}

interface Row {
  /** Of the last body known to be there; null where only unanswered writes speak of this version. */
  digest: string | null;
  /** Digests of writes that were sent and not acknowledged since: the row holds `digest` or one of these. */
  doubtful: string[];
  /** True once the platform acknowledged a write to it: from then on it must be readable. */
  acknowledged: boolean;
}

interface Entry {
  readonly tenant: string;
  /** The newest version known to be there. */
  newest: number;
  readonly rows: Map<number, Row>;
  /** Until then nobody writes it, so that a broken write which still arrives cannot overtake a later one. */
  restUntil: number;
}

/** How long a prompt is left alone after a write to it went unanswered, in milliseconds. */
const REST_MS = 60_000;
/** A prompt is written no more when this many of its writes went unanswered. */
const MAX_DOUBTFUL = 8;
const MAX_VERSIONS = 12;

/**
 * What every prompt in hand must hold, by the platform's own acknowledgements. Changed only by the ledger and by first reads;
 * callers hold the prompt's lock.
 */
export class PromptBook {
  readonly #entries = new Map<string, Entry>();
  readonly #byTenant = new Map<string, string[]>();
  #acknowledged = 0;

  /** Writes acknowledged so far, overwritten ones included. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Ids of a tenant's prompts in hand. */
  prompts(tenant: string): readonly string[] {
    return this.#byTenant.get(tenant) ?? [];
  }

  has(prompt: string): boolean {
    return this.#entries.has(prompt);
  }

  /** Takes a prompt in hand as it was first read. It is checked from then on, though nobody acknowledged it. */
  adopt(tenant: string, prompt: string, version: number, digest: string): void {
    if (!this.#entries.has(prompt)) this.#enter(tenant, prompt, version, digest);
  }

  /** The newest version known; null for a prompt that is not in hand. */
  newest(prompt: string): number | null {
    return this.#entries.get(prompt)?.newest ?? null;
  }

  /** What a prompt held when it was taken in hand, as long as nothing was written to it; null where that is not known. */
  found(prompt: string): { readonly version: number; readonly digest: string } | null {
    const entry = this.#entries.get(prompt);
    const row = entry?.rows.get(entry.newest);
    if (entry === undefined || row === undefined || row.digest === null || row.acknowledged) return null;
    return { version: entry.newest, digest: row.digest };
  }

  /** The change a prompt may take now; null while it rests or when it has seen too many unanswered writes. */
  allowedChange(prompt: string, wanted: "amend" | "version", now: number): "amend" | "version" | null {
    const entry = this.#entries.get(prompt);
    if (entry === undefined || entry.restUntil > now) return null;
    const doubtful = [...entry.rows.values()].reduce((sum, row) => sum + row.doubtful.length, 0);
    if (doubtful >= MAX_DOUBTFUL) return null;
    return entry.rows.size >= MAX_VERSIONS ? "amend" : wanted;
  }

  /** From now on the rows this write may touch hold what they held or what it brings. */
  begin(intent: WriteIntent): void {
    const entry = intent.prompt === null ? undefined : this.#entries.get(intent.prompt);
    if (entry === undefined || intent.version === null) return;
    const touched =
      intent.change === "amend"
        ? [...entry.rows.keys()].filter((version) => version >= entry.newest)
        : [...[...entry.rows.keys()].filter((v) => v > entry.newest), Math.max(...entry.rows.keys()) + 1];
    for (const version of touched) {
      const row = entry.rows.get(version) ?? { digest: null, doubtful: [], acknowledged: false };
      row.doubtful.push(intent.digest);
      entry.rows.set(version, row);
    }
  }

  /** The platform said that the write is there, under this id and version. */
  acknowledge(intent: WriteIntent, prompt: string, version: number): void {
    this.#acknowledged += 1;
    const entry = this.#entries.get(prompt) ?? this.#enter(intent.tenant, prompt, version, intent.digest);
    entry.rows.set(version, { digest: intent.digest, doubtful: [], acknowledged: true });
    entry.newest = version;
    // A version above the acknowledged one was never made; one below it was, with one of its doubtful bodies.
    for (const other of entry.rows.keys()) if (other > version) entry.rows.delete(other);
  }

  /** The write went unanswered or was refused: its doubt stays, and the prompt rests. */
  leave(intent: WriteIntent, now: number): void {
    const entry = intent.prompt === null ? undefined : this.#entries.get(intent.prompt);
    if (entry !== undefined) entry.restUntil = now + REST_MS;
  }

  /** Whether an acknowledgement may carry this version. */
  expects(intent: WriteIntent, version: number): boolean {
    const entry = intent.prompt === null ? undefined : this.#entries.get(intent.prompt);
    if (entry === undefined) return version === 1;
    const from = intent.change === "amend" ? entry.newest : entry.newest + 1;
    return version >= from && entry.rows.has(version);
  }

  /** Whether the newest version of a prompt may read like this. Null: it may; else what is wrong. */
  judgeNewest(prompt: string, version: number, digest: string): string | null {
    const entry = this.#entries.get(prompt);
    if (entry === undefined) return null;
    if (version < entry.newest || !entry.rows.has(version)) {
      return `wrong version: newest is ${version}, acknowledged was ${entry.newest}`;
    }
    return this.judgeVersion(prompt, version, digest);
  }

  /** Whether one version may read like this; `digest` is null where the platform says there is no such version. */
  judgeVersion(prompt: string, version: number, digest: string | null): string | null {
    const row = this.#entries.get(prompt)?.rows.get(version);
    if (row === undefined) return null;
    if (digest === null) return row.digest === null ? null : `version ${version} is gone`;
    if (digest === row.digest || row.doubtful.includes(digest)) return null;
    return `wrong body in version ${version}`;
  }

  /** Versions of a prompt that are known to be there. */
  versions(prompt: string): readonly number[] {
    const rows = this.#entries.get(prompt)?.rows ?? new Map<number, Row>();
    return [...rows].filter(([, row]) => row.digest !== null).map(([version]) => version);
  }

  /** Versions of a prompt that hold an acknowledged write. */
  acknowledgedVersions(prompt: string): readonly number[] {
    const rows = this.#entries.get(prompt)?.rows ?? new Map<number, Row>();
    return [...rows].filter(([, row]) => row.acknowledged).map(([version]) => version);
  }

  /** Every prompt with an acknowledged write, with its tenant, as they are now. */
  acknowledgedPrompts(): readonly { readonly prompt: string; readonly tenant: string }[] {
    return [...this.#entries]
      .filter(([, entry]) => [...entry.rows.values()].some((row) => row.acknowledged))
      .map(([prompt, entry]) => ({ prompt, tenant: entry.tenant }));
  }

  #enter(tenant: string, prompt: string, version: number, digest: string): Entry {
    const rows = new Map([[version, { digest, doubtful: [], acknowledged: false }]]);
    const entry: Entry = { tenant, newest: version, rows, restUntil: 0 };
    this.#entries.set(prompt, entry);
    const known = this.#byTenant.get(tenant);
    if (known === undefined) this.#byTenant.set(tenant, [prompt]);
    else known.push(prompt);
    return entry;
  }
}
