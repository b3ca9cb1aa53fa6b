import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { testDatabase } from "./postgres.ts";

describe("the test database", () => {
  it("is empty, apart from others of the same name, and gone after drop", async () => {
    const [one, two] = await Promise.all([testDatabase("Same Name"), testDatabase("Same Name")]);
    expect(one.url).not.toBe(two.url);
    const client = new Client({ connectionString: one.url });
    client.on("error", () => undefined); // drop ends the connection
    await client.connect();
    const tables = await client.query(
      "select count(*)::int as n from information_schema.tables where table_schema = 'public'",
    );
    expect(tables.rows).toEqual([{ n: 0 }]);
    await Promise.all([one.drop(), two.drop()]);
    await client.end().catch(() => undefined);
    const gone = new Client({ connectionString: one.url });
    await expect(gone.connect()).rejects.toMatchObject({ code: "3D000" });
  });
});
