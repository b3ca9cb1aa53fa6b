import { ApiError } from "../../../shared/api-error.ts";
import type { Bodies, BodyWriter, StoredVersion } from "./bodies.ts";

interface Row {
  readonly bundle_id: string;
  readonly name: string;
  readonly version: number;
  readonly body: string | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly changed_at: Date;
}

const READ = `select p.bundle_id, p.name, v.version, v.body, v.created_by, v.created_at, v.changed_at
  from prompt_versions v join prompts p on p.id = v.prompt_id
  where v.prompt_id = $1 and ($2::int is null or v.version = $2)
  order by v.version desc limit 1`;

/** Appends a version whose number follows the newest one's. */
const APPEND = `insert into prompt_versions (prompt_id, version, body, created_by)
  select $1, coalesce(max(version), 0) + 1, $2, $3 from prompt_versions where prompt_id = $1
  returning version`;

/** Amends the newest version, where it is the expected one. */
const AMEND = `update prompt_versions set body = $2, changed_at = now()
  where prompt_id = $1 and version = (select max(version) from prompt_versions where prompt_id = $1)
    and ($3::int is null or version = $3)
  returning version`;

/** Keeps texts as they are, in the row of their version: all that R1 knows. */
export const plainBodies: Bodies = {
  writer: async () => plainWriter,
  read: async (pool, _tenant, prompt, version) => {
    const { rows } = await pool.query<Row>(READ, [prompt, version]);
    const row = rows[0];
    if (row === undefined) return undefined;
    if (row.body === null)
      throw new ApiError(500, "prompt.shape", "This release cannot read the shape this prompt is kept in.");
    return stored(prompt, row, row.body);
  },
};

/** The writer of plain texts. */
export const plainWriter: BodyWriter = {
  begin: async (client) => {
    await client.query("begin");
  },
  append: async (client, prompt, body, author) => {
    const { rows } = await client.query<{ version: number }>(APPEND, [prompt, body, author]);
    return versionOf(rows);
  },
  amend: async (client, prompt, body, expected) => {
    const { rows } = await client.query<{ version: number }>(AMEND, [prompt, body, expected]);
    return rows[0]?.version;
  },
};

/** The number of the version that a statement just wrote. */
function versionOf(rows: readonly { version: number }[]): number {
  const version = rows[0]?.version;
  if (version === undefined) throw new Error("the statement returned no version");
  return version;
}

/** A row and its text, as readers get them. */
export function stored(id: string, row: Omit<Row, "body">, body: string): StoredVersion {
  return {
    id,
    bundleId: row.bundle_id,
    name: row.name,
    version: row.version,
    body,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
  };
}
