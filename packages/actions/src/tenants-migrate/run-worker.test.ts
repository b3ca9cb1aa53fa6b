import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runWorker } from "./run-worker.ts";

test("what a migration's code throws loses its secrets, in the message and in the details", async () => {
  const folder = await mkdtemp(join(tmpdir(), "baton-worker-"));
  try {
    const module = join(folder, "thrower.mjs");
    await writeFile(
      module,
      `export function work({ secrets }) {
        const inside = Buffer.from("user:" + secrets.vault).toString("base64");
        throw Object.assign(new Error("refused " + secrets.vault), { code: "x", details: { deep: [secrets.vault, inside] } });
      }`,
    );
    const failed = await runWorker(
      {
        module,
        function: "work",
        connection: null,
        migration: "m",
        key: "k",
        epoch: 1,
        tenant: { id: "t1", database: "d" },
        parameters: {},
        secrets: { vault: "canary-of-the-vault" },
        settings: {},
        options: {},
      },
      { signal: new AbortController().signal, progress: () => undefined },
    );
    expect(failed).toMatchObject({
      ok: false,
      problems: [{ code: "BATON-MIGRATE-WORKER", message: "Tenant t1, work of m: refused [secret] (x)" }],
    });
    expect(JSON.stringify(failed)).not.toMatch(/canary|Y2FuYXJ5|NhbmFye|jYW5hcn/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
