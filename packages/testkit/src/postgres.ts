import { randomBytes } from "node:crypto";
import { Client } from "pg";

/** A database of one test's own. */
export interface TestDatabase {
  /** Superuser's connection string to the database. */
  readonly url: string;
  /** Superuser's connection string to the server's `postgres` database. */
  readonly adminUrl: string;
  /** Removes the database, whoever is still connected to it. */
  drop(): Promise<void>;
}

/** Whether these tests are to run on PostgreSQL 15 rather than on the embedded server. */
export const on15 = (): boolean => process.env.BATON_TEST_ON === "15";

/**
 * Makes a fresh, empty database on the server that vitest's global setup started for this project. `name` is only the beginning of
 * its name, for people who read the server's lists; a random end keeps tests that run side by side apart.
 */
export async function testDatabase(name = "test"): Promise<TestDatabase> {
  const adminUrl = on15() ? process.env.BATON_TEST_SERVER_15 : process.env.BATON_TEST_POSTGRES;
  if (adminUrl === undefined) throw new Error("No test server is named: run the tests with vitest");
  const start = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, 40);
  const database = `${start}_${randomBytes(5).toString("hex")}`;
  await onServer(adminUrl, `create database "${database}" template template0`);
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    adminUrl,
    drop: () => onServer(adminUrl, `drop database if exists "${database}" with (force)`),
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
