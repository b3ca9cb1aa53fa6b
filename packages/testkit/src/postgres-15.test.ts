import { mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { TEST_FOLDER } from "./global-setup.ts";
import { hasPostgres15, needsPostgres15, startPostgres15 } from "./postgres-15.ts";

const why = hasPostgres15()
  ? ""
  : " (skipped: postgresql-15 is not installed; BATON_TEST_POSTGRES_15=required makes that a failure)";

describe.skipIf(!hasPostgres15() && !needsPostgres15())(`PostgreSQL 15 of Debian${why}`, () => {
  it("runs as a cluster of the tests' own, and is gone after its end", async () => {
    const folder = await mkdtemp(join(tmpdir(), `${TEST_FOLDER}${process.pid}-`));
    const server = await startPostgres15(folder);
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query("show server_version_num");
    await client.end();
    await server.end();
    expect(rows[0]?.server_version_num).toMatch(/^15\d{4}$/);
    await expect(new Client({ connectionString: server.url }).connect()).rejects.toMatchObject({
      code: "ECONNREFUSED",
    });
    await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
