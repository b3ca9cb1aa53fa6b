import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { PromptContext, PromptVault, Queryable, Sealed } from "../../../../shared/vault/types.ts";
import { createVault } from "../../../../shared/vault/vault.ts";
import { type Context, needed, numberOption } from "./context.ts";
import { type Position, placeOf, START } from "./rows.ts";
import { sealedOf } from "./sealed-of.ts";

/** One thing that is not as it should be. Names places, never texts. */
interface Fault {
  readonly [field: string]: string | number;
  readonly fault: string;
}

interface Figures {
  readonly rows: number;
  readonly total: number;
  readonly encrypted: number;
  readonly verified: number;
  readonly faults: readonly Fault[];
  /** Of what was decrypted, in the form of migration.yaml's `digest`; left out where something did not open. */
  readonly data?: { readonly rows: number; readonly digest: string };
}

/** A version as the snapshot holds it, with its ciphertext, if it has one. */
interface Row extends Position {
  readonly bundle: string;
  readonly revision: string;
  readonly body: string | null;
  readonly sealedRevision: string | null;
  readonly sealed: Sealed | null;
}

const MAX_FAULTS = 20;

/**
 * In a process that has encrypted nothing: every ciphertext of one snapshot is opened and compared with its plaintext by a
 * keyed digest, and each is shown not to open for another tenant, row or revision. The old writers must be fenced off.
 */
export async function verify(context: Context): Promise<Figures> {
  const faults: Fault[] = await fenceFaults(context);
  const verification = new Verification(context, faults);
  await context.snapshot(async (db) => {
    let after: Position = START;
    for (;;) {
      const rows = await readRows(db, after, numberOption(context, "batchRows", 200));
      const last = rows.at(-1);
      if (last === undefined) break;
      for (const row of rows) await verification.take(db, row);
      context.progress({ rows: verification.rows });
      after = last;
    }
  });
  return verification.figures();
}

/** Counts by prompt: one whose every version is current, and one whose every version opened to its plaintext. */
class Verification {
  rows = 0;
  readonly #context: Context;
  readonly #faults: Fault[];
  readonly #vault: PromptVault;
  /** The digests' key lives as long as this process: what they say cannot be carried anywhere else. */
  readonly #key = randomBytes(32);
  readonly #opened = createHash("sha256");
  #openedRows = 0;
  readonly #prompts = new Map<string, { current: boolean; verified: boolean }>();
  #before: { readonly place: PromptContext; readonly sealed: Sealed } | null = null;

  constructor(context: Context, faults: Fault[]) {
    this.#context = context;
    this.#faults = faults;
    this.#vault = createVault({
      transitUrl: needed(context.settings, "transitUrl"),
      token: needed(context.secrets, "transitToken"),
    });
  }

  async take(db: Queryable, row: Row): Promise<void> {
    this.rows += 1;
    const found = await this.#look(db, row);
    if (found.fault !== null) this.#fault(found.fault, row);
    const prompt = this.#prompts.get(row.prompt) ?? { current: true, verified: true };
    this.#prompts.set(row.prompt, {
      current: prompt.current && found.current,
      verified: prompt.verified && found.fault === null,
    });
  }

  async #look(db: Queryable, row: Row): Promise<{ current: boolean; fault: string | null }> {
    if (row.sealed === null || row.sealedRevision !== row.revision)
      return { current: false, fault: row.sealed === null ? "not encrypted" : "stale" };
    const tenant = this.#context.tenant.id;
    const place = placeOf(tenant, row);
    try {
      const dek = await this.#vault.dekById(db, tenant, row.sealed.dekId);
      const text = this.#vault.open(dek, place, row.sealed);
      if (row.body !== null && !this.#same(text, row.body)) return { current: true, fault: "differs" };
      for (const [what, elsewhere] of this.#elsewhere(place))
        if (this.#opens(dek, elsewhere, row.sealed))
          return { current: true, fault: `opens for another ${what}` };
      this.#before = { place, sealed: row.sealed };
      this.#digest(row, text);
      return { current: true, fault: null };
    } catch (error) {
      // A key service that is away says nothing about the rows.
      if (codeOf(error) === "vault.unavailable") throw error;
      return { current: true, fault: `does not open (${codeOf(error)})` };
    }
  }

  #digest(row: Row, text: string): void {
    const line = `${row.prompt} ${row.version} ${createHash("sha256").update(text).digest("hex")}`;
    this.#opened.update(this.#openedRows === 0 ? line : `\n${line}`);
    this.#openedRows += 1;
  }

  #same(left: string, right: string): boolean {
    const digest = (text: string) => createHmac("sha256", this.#key).update(text).digest();
    return timingSafeEqual(digest(left), digest(right));
  }

  /** The same bytes in places where they must not open. */
  #elsewhere(place: PromptContext): readonly (readonly [string, PromptContext])[] {
    const other = this.#before?.place ?? { ...place, version: place.version + 1 };
    return [
      ["tenant", { ...place, tenant: `${place.tenant}-other` }],
      ["row", { ...place, prompt: other.prompt, version: other.version }],
      ["revision", { ...place, revision: String(BigInt(place.revision) + 1n) }],
    ];
  }

  #opens(dek: Parameters<PromptVault["open"]>[0], place: PromptContext, sealed: Sealed): boolean {
    try {
      this.#vault.open(dek, place, sealed);
      return true;
    } catch {
      return false;
    }
  }

  #fault(fault: string, row: Row): void {
    if (this.#faults.length < MAX_FAULTS)
      this.#faults.push({ fault, prompt: row.prompt, version: row.version, revision: row.revision });
  }

  figures(): Figures {
    const prompts = [...this.#prompts.values()];
    return {
      rows: this.rows,
      total: prompts.length,
      encrypted: prompts.filter(({ current }) => current).length,
      verified: prompts.filter(({ verified }) => verified).length,
      faults: this.#faults,
      ...(this.#openedRows === this.rows
        ? { data: { rows: this.rows, digest: this.#opened.digest("hex") } }
        : {}),
    };
  }
}

/** While the old role can write, a verification is out of date the moment it is made. */
async function fenceFaults(context: Context): Promise<Fault[]> {
  const role = needed(context.parameters, "oldRole");
  const { rows } = await context.db.query(
    `select exists (select from pg_roles r, unnest(array['INSERT', 'UPDATE']) p
                     where r.rolname = $1
                       and (has_table_privilege(r.oid, 'prompt_versions', p)
                            or has_any_column_privilege(r.oid, 'prompt_versions', p))) as open`,
    [role],
  );
  return rows[0]?.open === false ? [] : [{ fault: "the old role can still write prompt_versions", role }];
}

async function readRows(db: Queryable, after: Position, limit: number): Promise<readonly Row[]> {
  const { rows } = await db.query(
    `select v.prompt_id::text as prompt, v.version, p.bundle_id::text as bundle, v.revision::text as revision, v.body,
            c.revision::text as sealed_revision, c.format, c.dek_id::text as dek_id, c.nonce, c.ciphertext, c.commitment
       from prompt_versions v
       join prompts p on p.id = v.prompt_id
       left join prompt_ciphertexts c on c.prompt_id = v.prompt_id and c.version = v.version
      where (v.prompt_id, v.version) > ($1::uuid, $2::int) and (v.body is not null or c.prompt_id is not null)
      order by v.prompt_id, v.version
      limit $3`,
    [after.prompt, after.version, limit],
  );
  return rows.map((row) => ({
    prompt: String(row.prompt),
    version: Number(row.version),
    bundle: String(row.bundle),
    revision: String(row.revision),
    body: typeof row.body === "string" ? row.body : null,
    sealedRevision: typeof row.sealed_revision === "string" ? row.sealed_revision : null,
    sealed: sealedOf(row),
  }));
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "unknown";
