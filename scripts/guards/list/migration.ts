import type { Guard } from "../guard.ts";

const ACTIONS = "packages/actions/src/tenants-migrate";
const R2 = "platform/releases/R2/migrations/encrypt-prompts";
const test = (file: string, name: string) => ({
  file: `packages/actions/test/tenants-migrate/${file}`,
  name,
});

/** What keeps a tenant's rows while their shape changes under live writes. */
export const migrationGuards: readonly Guard[] = [
  {
    name: "fence-revokes",
    protects: "After the fence the old release's role writes no prompt: nothing goes stale any more.",
    file: `${R2}/fence.sql`,
    edits: [
      {
        text: `revoke insert, update, delete, truncate on prompt_versions from :"oldRole";`,
        replacement: "select 1;",
      },
    ],
    test: {
      file: "platform/services/platform-api/r2/sealed.test.ts",
      name: "P022: R1's role can read neither ciphertexts nor keys, and after the fence cannot write prompts",
    },
  },
  {
    name: "fence-is-tight",
    protects: "A fence whose SQL leaves the old role a write right is refused.",
    file: `${ACTIONS}/stage-fence.ts`,
    edits: [
      {
        text: "if (held.length > 0) throw new ProblemError(leaks(work.tenant.id, role, held));",
        replacement: "void held;",
      },
    ],
    test: test(
      "removed.test.ts",
      "M238 removing the fence's SQL on purpose is seen at the fence: the old role can still write",
    ),
  },
  {
    name: "fence-waits",
    protects: "The fence is reached only when no transaction is open that could still bring in an old write.",
    file: `${ACTIONS}/stage-fence.ts`,
    edits: [
      {
        text: "const drained = await drain(work, client);",
        replacement: "const drained = ok({ ended: 0 });",
      },
    ],
    test: test(
      "interleavings.test.ts",
      "M238 a transaction that R1 forgot is ended when the fence's time is over, and was never acknowledged",
    ),
  },
  {
    name: "verify-asks-for-the-fence",
    protects: "A verification made while the old role can still write does not pass.",
    file: `${R2}/verify.ts`,
    edits: [{ text: "return rows[0]?.open === false ? [] :", replacement: "return rows.length > 0 ? [] :" }],
    test: test(
      "removed.test.ts",
      "M238 removing the fence from the migration on purpose is seen by verify, whether or not R1 writes",
    ),
  },
  {
    name: "sweep",
    protects:
      "What old writers changed after the backfill is encrypted anew before anybody reads ciphertext.",
    file: `${R2}/encrypt.ts`,
    edits: [{ text: "if (stale === undefined) return { rows };", replacement: "return { rows };" }],
    test: test(
      "interleavings.test.ts",
      "M238 the fence waits for an open transaction of R1, whose write the sweep then finds",
    ),
  },
  {
    name: "sweep-is-counted",
    protects: "A sweep that leaves rows stale is not taken at its word.",
    file: `${ACTIONS}/stage-worker.ts`,
    edits: [
      {
        text: "if (counted.encrypted === counted.total) return null;",
        replacement: "if (counted.total >= 0) return null;",
      },
    ],
    test: test(
      "removed.test.ts",
      "M238 a sweep that does nothing on purpose is seen at once: rows are left stale",
    ),
  },
  {
    name: "backfill-revision-guard",
    protects: "The backfill never puts an older ciphertext in a newer one's place.",
    file: `${R2}/rows.ts`,
    edits: [
      {
        text: "and v.version = s.version and v.revision = s.revision",
        replacement: "and v.version = s.version",
      },
      {
        text: "select v.prompt_id, v.version, v.revision, s.format",
        replacement: "select v.prompt_id, v.version, s.revision, s.format",
      },
      { text: "     where c.revision < excluded.revision", replacement: "" },
    ],
    test: test(
      "interleavings.test.ts",
      "M238 the revision guard: a write of R2 between read and write of the backfill is not overwritten",
    ),
  },
  {
    name: "revision-drawn",
    protects: "An old writer that knows nothing of ciphertext makes it stale, and never wrong.",
    file: `${R2}/expand.sql`,
    edits: [
      {
        text: "new.revision := nextval('public.prompt_revision');",
        replacement: "new.revision := new.revision;",
      },
    ],
    test: {
      file: "platform/services/platform-api/r2/sealed.test.ts",
      name: "P022: R1's write makes a ciphertext stale and never wrong; a reader at switch then takes the plain text",
    },
  },
  {
    name: "reader-wants-the-revision",
    protects: "A reader uses a ciphertext only where it was made from the text as it is.",
    file: "platform/services/platform-api/r2/read-sealed.ts",
    edits: [
      {
        text: " and c.version = v.version and c.revision = v.revision",
        replacement: " and c.version = v.version",
      },
    ],
    test: {
      file: "platform/services/platform-api/r2/sealed.test.ts",
      name: "P022: R1's write makes a ciphertext stale and never wrong; a reader at switch then takes the plain text",
    },
  },
  {
    name: "writer-holds-the-stage",
    protects:
      "A stage changes between two writes and never within one, so that no write keeps the wrong shape.",
    file: "platform/services/platform-api/r2/stage.ts",
    edits: [
      {
        text: "client.query(`begin; ${lock}; ${read}`)",
        replacement: "client.query(`begin; select 1; ${read}`)",
      },
    ],
    test: {
      file: "platform/services/platform-api/r2/sealed.test.ts",
      name: "P022: a write waits for a change of stage and then does what the new stage asks",
    },
  },
  {
    name: "ciphertext-bound-to-its-place",
    protects: "A ciphertext opens for its own tenant, row and revision, and nowhere else.",
    file: "platform/shared/vault/aead.ts",
    edits: [
      { text: "  cipher.setAAD(promptBinding(FORMAT, context, dek.id));", replacement: "" },
      { text: "  decipher.setAAD(promptBinding(FORMAT, context, dek.id));", replacement: "" },
    ],
    test: {
      file: "platform/shared/vault/vault.test.ts",
      name: "P022 a swapped tenant, bundle, prompt, version, revision or data key fails to open",
    },
  },
  {
    name: "verify-compares",
    protects: "A ciphertext that opens to another text than the plain one is found before anybody reads it.",
    file: `${R2}/verify.ts`,
    edits: [{ text: "!this.#same(text, row.body)", replacement: "row.body.length < 0" }],
    test: test(
      "verify.test.ts",
      "M238 M301 P022 verification fails on every tampering and passes again when it is taken back",
    ),
  },
  {
    name: "contract-counts-again",
    protects: "A contract takes no plain text away that no current ciphertext stands for.",
    file: `${ACTIONS}/stage-contract.ts`,
    edits: [{ text: "if (stale !== 0) throw new ProblemError(staleProblem(work, stale));", replacement: "" }],
    test: test("removed.test.ts", "a contract without its own count is refused by the count under the lock"),
  },
  {
    name: "contract-counts-under-lock",
    protects: "A write that commits between the contract's count and its change is counted as well.",
    file: `${ACTIONS}/stage-contract.ts`,
    edits: [
      {
        text: 'await client.query(`lock table ${tables.join(", ")} in access exclusive mode`);',
        replacement: "",
      },
    ],
    test: test(
      "removed.test.ts",
      "a write that was open when the contract began is counted under its lock, and keeps its text",
    ),
  },
  {
    name: "stage-order",
    protects: "A stage is not performed on a tenant that has not reached the one before it.",
    file: `${ACTIONS}/performer.ts`,
    edits: [
      {
        text: "if (needed === undefined || stageOrder(reached) >= stageOrder(needed)) return null;",
        replacement: 'if (needed !== "none") return null;',
      },
    ],
    test: test("removed.test.ts", "M238 removing the sweep from the migration on purpose is seen by verify"),
  },
  {
    name: "migration-is-the-approved-one",
    protects: "Files of a migration that were changed after the approval are not run.",
    file: `${ACTIONS}/performer.ts`,
    edits: [
      {
        text: "const migration = await options.migrations(folder, planned.digest);",
        replacement:
          'const { loadMigration } = await import("./manifest.ts");\n  const migration = await loadMigration(folder);',
      },
    ],
    test: test(
      "digest.test.ts",
      "files that are not those of the approved plan are neither performed, undone nor looked at with; restored they are",
    ),
  },
  {
    name: "tenant-epoch-effect",
    protects:
      "An older conductor's stage is refused by the tenant's database once a newer one has worked on it.",
    file: `${ACTIONS}/ledger.ts`,
    edits: [
      {
        text: "if (found.epoch > epoch) throw new ProblemError(staleEpoch(epoch, found.epoch));",
        replacement: "",
      },
    ],
    test: test("undo.test.ts", "an older epoch is refused in both directions and changes nothing"),
  },
  {
    name: "resting-connection-forgets",
    protects: "What a migration's file set in its session is not there for the next call.",
    file: `${ACTIONS}/resting.ts`,
    edits: [{ text: `await client.query("discard all");`, replacement: `await client.query("select 1");` }],
    test: test(
      "resting.test.ts",
      "calls at once have a connection each; one that rests remembers nothing of the call before",
    ),
  },
  {
    name: "tenant-epoch-kept-stage",
    protects: "It is refused also where the newer conductor found nothing to take back.",
    file: `${ACTIONS}/performer.ts`,
    edits: [
      {
        text: "await raiseEpoch(client, name);\n        return ok({ kept: true });",
        replacement: "return ok({ kept: true });",
      },
    ],
    test: test(
      "zombie.test.ts",
      "M238 it is refused also where the stage had been reached before the run and is kept",
    ),
  },
  {
    name: "tenant-epoch-batch",
    protects: "An older conductor's worker writes no further batch once a newer one has begun.",
    file: `${ACTIONS}/worker-context.ts`,
    edits: [{ text: "        await assertEpoch(client, order);\n", replacement: "" }],
    test: test(
      "crash.test.ts",
      "a newer conductor in the middle of a backfill: the older one's next batch is refused",
    ),
  },
];
