import { failed, TenantsBackupInput } from "@baton/core";
import { describeLaws } from "@baton/testkit/laws/describe-laws";
import { expect, test } from "vitest";
import { tenantsBackup } from "../src/tenants-backup/performer.ts";
import { backupPlace } from "./backup-place.ts";
import { codeOf, must } from "./tenants-migrate/fixture.ts";

const INPUT = TenantsBackupInput.parse({ name: "before-r2" });

describeLaws("tenants.backup", {
  undo: "kept",
  make: async () => {
    const place = await backupPlace();
    const performer = tenantsBackup();
    const { context, unreachable, backups } = place;
    // A crash after the file and before its proof.
    const unproven = failed({ code: "BATON-TEST-CUT", message: "It was cut off here.", remedy: "" });
    const cut = {
      ...context,
      ports: { ...context.ports, backups: { ...backups, prove: async () => unproven } },
    };
    return {
      performer,
      input: INPUT,
      context,
      unreachable,
      world: {
        snapshot: async () => {
          const all = must(await backups.list("t1"));
          const proofs = await place.onServer(
            "select datname from pg_database where starts_with(datname, 'baton_proof')",
          );
          return { backups: [...new Set(all.map(({ name, proof }) => `${name} ${proof === null}`))], proofs };
        },
      },
      half: async (before, key) => {
        expect(codeOf(await performer.perform(INPUT, before, key, cut))).toBe("BATON-TEST-CUT");
      },
      cleanup: () => place.drop(),
    };
  },
});

// M054, P021: encrypted, proven by a restore, with the restore's time.
test("a backup says in the journal what it is, when it was taken, that it was proven, and how long the way back takes", async () => {
  const place = await backupPlace();
  try {
    const performer = tenantsBackup();
    const before = must(await performer.before(INPUT, place.context));
    const output = must(await performer.perform(INPUT, before, "k", place.context));
    expect(output).toMatchObject({ name: "before-r2", tables: 2, rows: 201 });
    const { restoreSeconds, seconds, provenAt, takenAt, digest, bytes } = Object(output);
    for (const figure of [restoreSeconds, seconds, bytes]) expect(figure).toBeGreaterThan(0);
    expect(provenAt).toBeGreaterThan(takenAt);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(output)).not.toContain(place.root);
  } finally {
    await place.drop();
  }
});
