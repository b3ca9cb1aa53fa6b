import { access, constants, readFile } from "node:fs/promises";
import { join } from "node:path";
import { failed, MIGRATION_STAGES, ok, type Problem, type Result } from "@baton/core";
import { parseDocument } from "yaml";
import { z } from "zod";

/** A file of the migration's folder; it cannot lead out of it. */
const FileName = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i, "name a file of the migration's own folder");
const ParameterName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]*$/, "begin with a lower-case letter; letters and digits");
const Table = z
  .string()
  .regex(/^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/, "name a table, with its schema if need be");

/** A function that a TypeScript file of the folder exports; it runs in a worker process. */
const WorkerFunction = z.strictObject({ module: FileName, function: z.string().min(1) });

const MarkStage = z.strictObject({ mark: z.literal(true) });

const WorkerStage = WorkerFunction.extend({
  /** Handed to the function as they are: batch sizes, shares. */
  options: z.record(z.string(), z.json()).default({}),
});

const ExpandStage = z.strictObject({
  sql: FileName,
  undo: FileName,
  /** A query that yields `present` and `expected`: how many of the things `sql` makes are there, of how many. */
  observe: z.string().min(1),
  /** Computes further parameters (a password's verifier); what it returns is treated as secret. */
  compute: WorkerFunction.optional(),
});

const FenceStage = z.strictObject({
  sql: FileName,
  undo: FileName,
  /** Name of the parameter that holds the old writers' role, and the tables it must no longer write to. */
  role: ParameterName,
  tables: z.array(Table).min(1),
  /** How long open transactions of the old role may take; then those that are idle in a transaction are ended. */
  waitSeconds: z.number().positive().max(600).default(10),
});

/** The way back from a contract: the old shape is opened again, then filled row by row. */
const ContractUndo = WorkerFunction.extend({
  /** Lets the old shape take rows again; in one transaction with the stage before, so that writers keep both shapes at once. */
  sql: FileName,
  options: z.record(z.string(), z.json()).default({}),
  /** A query that yields `left`: rows that are kept in the new shape only. 0 when the old shape is whole again. */
  left: z.string().min(1),
});

const ContractStage = z.strictObject({
  sql: FileName,
  /** Tables locked against everybody before `stale` is counted. */
  lock: z.array(Table).min(1),
  /** A query that yields `stale`; anything but 0 refuses the contract. */
  stale: z.string().min(1),
  /** Left out: the contract cannot be taken back. */
  undo: ContractUndo.optional(),
});

/**
 * One row with `rows` and `digest` over a tenant's subjects as their readers see them, taken before and after the stages named:
 * what a receipt shows. A plain digest of few short texts can be guessed; let the query mix in something secret where that matters.
 */
const SubjectDigestQuery = z.strictObject({
  query: z.string().min(1),
  stages: z.array(z.enum(MIGRATION_STAGES)).min(1).default(["expand", "verify"]),
});

/** A place where the old shape may be left behind by a contract, and how that is measured; without a measure it is unknown. */
const ResidueEntry = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits and dashes"),
    title: z.string().min(1),
    /** A query that yields `rows` that still hold it and, where known, `gone_at`: when the last of them is gone. */
    sql: z.string().min(1).optional(),
    /** The server's write-ahead log. */
    wal: z.literal(true).optional(),
    /** The tenant's backups that Baton made and keeps in its own folder. */
    backups: z.literal(true).optional(),
    /** For backups that others make, which Baton does not see: how many days they are kept, as declared. */
    keepDays: z.number().positive().optional(),
    /** What ends it, in words, where no `gone_at` does. */
    until: z.string().min(1).optional(),
  })
  .refine(
    ({ sql, wal, backups, keepDays }) =>
      [sql, wal, backups, keepDays].filter((one) => one !== undefined).length <= 1,
    { message: "give one of sql, wal, backups and keepDays" },
  );

/** For `keys.rotate`: where a tenant's wrapped data keys stand, and how one is put in another's place. */
const WrappedKeys = z.strictObject({
  /** A query that yields `id`, `wrapped` and `bound`: the associated data as bytea. */
  list: z.string().min(1),
  /** A statement with $1 the id, $2 the wrapped key that was found, $3 the new one; changes one row, or none where $2 is gone. */
  replace: z.string().min(1),
  /** Tables locked against new data keys before the last count. */
  lock: z.array(Table).min(1),
  /** Statements behind which data keys below version `:'keyVersion'` can no longer be stored, and those that lift it. */
  refuse: z.string().min(1),
  allow: z.string().min(1),
});

/** `migration.yaml`: what a migration does at each stage, as data. A stage that is not named does not exist for it. */
export const Manifest = z.strictObject({
  migration: z.string().min(1),
  title: z.string().min(1),
  /** What is migrated, in the plural, for the report: `prompts`. */
  subject: z.string().min(1),
  /** Values for `:'name'` and `:"name"` in SQL, and for workers. May use `${tenant}` and `${tenant.database}`. */
  parameters: z.record(ParameterName, z.string()).default({}),
  /** Values that workers need and nobody may see, as `${secret.NAME}`. */
  secrets: z.record(ParameterName, z.string()).default({}),
  /** Values that workers need, resolved as environment values are: `${keys.url}`. */
  settings: z.record(ParameterName, z.string()).default({}),
  /**
   * Files and folders beside this one that the migration's code imports, relative to this folder. They belong to the approved
   * plan as the folder's own files do.
   */
  covers: z
    .array(z.string().regex(/^\.\.?\//, "begin with ./ or ../: a path relative to this folder"))
    .default([]),
  /** A query that yields `total` and `encrypted`, in subjects. */
  count: z.string().min(1),
  /** For receipts: what a tenant's subjects are before and after. Left out: receipts hold no digests. */
  digest: SubjectDigestQuery.optional(),
  /** Where the old shape may be left behind by the contract; measured right after it. */
  residue: z.array(ResidueEntry).default([]),
  wrappedKeys: WrappedKeys.optional(),
  stages: z.strictObject({
    expand: ExpandStage.optional(),
    "dual-write": MarkStage.optional(),
    backfill: WorkerStage.optional(),
    fence: FenceStage.optional(),
    sweep: WorkerStage.optional(),
    verify: WorkerStage.optional(),
    switch: MarkStage.optional(),
    contract: ContractStage.optional(),
  }),
});
export type Manifest = z.infer<typeof Manifest>;

/** A migration as read from its folder. */
export interface Migration {
  readonly folder: string;
  readonly manifest: Manifest;
}

/**
 * Reads `migration.yaml` of a folder and sees that every file it names can be read. All problems at once:
 * `BATON-MIGRATION-FOLDER`, `BATON-MIGRATION-MANIFEST`.
 */
export async function loadMigration(folder: string): Promise<Result<Migration>> {
  const file = join(folder, "migration.yaml");
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return failed(folderProblem(file, "cannot be read"));
  const document = parseDocument(text);
  if (document.errors.length > 0)
    return failed(
      ...document.errors.map((error) => manifestProblem(file, error.message.split("\n")[0] ?? "")),
    );
  const parsed = Manifest.safeParse(document.toJS());
  if (!parsed.success)
    return failed(
      ...parsed.error.issues.map(({ path, message }) => manifestProblem(file, message, path.join("."))),
    );
  const missing: Problem[] = [];
  for (const name of [...filesOf(parsed.data), ...parsed.data.covers])
    if (!(await readable(join(folder, name))))
      missing.push(folderProblem(join(folder, name), "cannot be read"));
  return missing.length > 0 ? failed(...missing) : ok({ folder, manifest: parsed.data });
}

const readable = (file: string): Promise<boolean> =>
  access(file, constants.R_OK).then(
    () => true,
    () => false,
  );

function filesOf({ stages }: Manifest): ReadonlySet<string> {
  const named = [
    stages.expand?.sql,
    stages.expand?.undo,
    stages.expand?.compute?.module,
    stages.backfill?.module,
    stages.fence?.sql,
    stages.fence?.undo,
    stages.sweep?.module,
    stages.verify?.module,
    stages.contract?.sql,
    stages.contract?.undo?.sql,
    stages.contract?.undo?.module,
  ];
  return new Set(named.filter((name) => name !== undefined));
}

const folderProblem = (file: string, what: string): Problem => ({
  code: "BATON-MIGRATION-FOLDER",
  message: `The migration's file ${file} ${what}.`,
  remedy: "See that the release names the right folder and that its files are there.",
  where: { file },
});

const manifestProblem = (file: string, message: string, path?: string): Problem => ({
  code: "BATON-MIGRATION-MANIFEST",
  message: `migration.yaml is not valid${path ? ` at ${path}` : ""}: ${message}.`,
  remedy: "docs/guides/migrations.md lists the fields.",
  where: path ? { file, path } : { file },
});
