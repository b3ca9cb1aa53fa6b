import { finished } from "node:stream/promises";
import { ProblemError } from "@baton/core";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Contents } from "./contents.ts";
import type { EntrySums } from "./frames.ts";
import { errorCode, problemsOf } from "./problems.ts";
import type { Role } from "./schema/database.ts";

/** Makes the roles that are not there. One that is there is left as it is: it belongs to the server, not to this database. */
export async function makeRoles(client: pg.Client, roles: readonly Role[]): Promise<void> {
  const known = await client.query<{ name: string }>("select rolname as name from pg_roles");
  const there = new Set(known.rows.map((row) => row.name));
  const absent = roles.filter((role) => !there.has(role.name));
  for (const { name, options, verifier } of absent) {
    const password = verifier === null ? "" : ` password ${client.escapeLiteral(verifier)}`;
    await quietly(client, `create role ${client.escapeIdentifier(name)} with ${options}${password}`, name);
  }
  for (const { name, memberOf } of absent)
    for (const group of memberOf) await client.query(`grant ${group} to ${client.escapeIdentifier(name)}`);
}

/** A failing statement is quoted in a server's log and in errors; this one holds a verifier. */
async function quietly(client: pg.Client, sql: string, role: string): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    if (errorCode(error) === "42710") return; // another restore made it in this moment
    throw new ProblemError(...problemsOf(error, `The role ${role}`));
  }
}

/** A failure names the statement by its first words: PostgreSQL's own message often does not. */
export async function run(client: pg.Client, statement: string): Promise<void> {
  try {
    await client.query(statement);
  } catch (error) {
    if (error instanceof Error) error.message = `${error.message}, in \`${firstWords(statement)}\``;
    throw error;
  }
}

/** Everything before the rows. `public` comes with a new database and is made again as it was. */
export async function loadBefore(client: pg.Client, contents: Contents): Promise<void> {
  await client.query("begin");
  await client.query("drop schema if exists public");
  for (const statement of contents.before) await run(client, statement);
}

/** The rows of one table. Counts them as they go by. */
export async function loadRows(
  client: pg.Client,
  table: { readonly name: string; readonly columns: string },
  rows: AsyncIterable<Buffer>,
): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table.name} ${table.columns} from stdin`));
  const written = finished(stream);
  written.catch(() => undefined); // looked at below, after the loop that may fail first
  try {
    for await (const bytes of rows)
      if (!stream.write(bytes))
        await Promise.race([new Promise((wake) => stream.once("drain", wake)), written]);
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error("the rows ended"));
    await written.catch(() => undefined);
    throw error;
  }
  await written;
}

/** Everything after the rows, rights last. */
export async function loadAfter(client: pg.Client, contents: Contents): Promise<void> {
  const { after, rights, sequences } = contents;
  for (const statement of after) await run(client, statement);
  for (const { name, last, called } of sequences)
    await client.query("select setval($1::regclass, $2::bigint, $3::bool)", [name, last, called]);
  for (const statement of [...rights.owners, ...rights.grants, ...rights.comments])
    await run(client, statement);
  await client.query("commit");
}

/** How two databases differ, in words; empty when they are the same. Rows are compared by their sums. */
export function differences(
  wanted: { readonly contents: Contents; readonly sums: ReadonlyMap<string, EntrySums> },
  found: { readonly contents: Contents; readonly sums: ReadonlyMap<string, EntrySums> },
): readonly string[] {
  const same = Math.floor(wanted.contents.server / 10_000) === Math.floor(found.contents.server / 10_000);
  return [
    ...rowDifferences(wanted.sums, found.sums),
    ...sequenceDifferences(wanted.contents, found.contents),
    ...countDifferences(wanted.contents, found.contents, same),
    ...(same ? statementDifferences(wanted.contents, found.contents) : []),
  ];
}

function rowDifferences(
  wanted: ReadonlyMap<string, EntrySums>,
  found: ReadonlyMap<string, EntrySums>,
): readonly string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  return names.flatMap((name) => {
    const [a, b] = [wanted.get(name), found.get(name)];
    if (a === undefined) return [`table ${name} is there besides (${b?.rows} rows)`];
    if (b === undefined) return [`table ${name} is not there (${a.rows} rows in the backup)`];
    if (a.rows !== b.rows) return [`${name} has ${b.rows} rows, ${a.rows} in the backup`];
    return a.digest === b.digest ? [] : [`${name} has as many rows (${a.rows}) with other values`];
  });
}

function sequenceDifferences(wanted: Contents, found: Contents): readonly string[] {
  const stands = new Map(found.sequences.map((one) => [one.name, `${one.last} ${one.called}`]));
  return wanted.sequences
    .filter((one) => stands.get(one.name) !== `${one.last} ${one.called}`)
    .map((one) => `sequence ${one.name} does not stand at ${one.last}`);
}

function countDifferences(wanted: Contents, found: Contents, same: boolean): readonly string[] {
  const kinds = [...new Set([...Object.keys(wanted.counts), ...Object.keys(found.counts)])].sort();
  return (
    kinds
      // Before PostgreSQL 18 a NOT NULL was no constraint of its own.
      .filter((kind) => same || kind !== "constraint n")
      .filter((kind) => wanted.counts[kind] !== found.counts[kind])
      .map((kind) => `${found.counts[kind] ?? 0} × ${kind} in place of ${wanted.counts[kind] ?? 0}`)
  );
}

function statementDifferences(wanted: Contents, found: Contents): readonly string[] {
  const texts = ({ traits, before, after, rights }: Contents): readonly string[] => [
    ...traits.statements,
    ...before,
    ...after,
    ...rights.owners,
    ...rights.grants,
    ...rights.comments,
  ];
  const [have, want] = [new Set(texts(found)), texts(wanted)];
  const known = new Set(want);
  return [
    ...want.filter((text) => !have.has(text)).map((text) => `missing: ${firstWords(text)}`),
    ...[...have].filter((text) => !known.has(text)).map((text) => `besides: ${firstWords(text)}`),
  ];
}

const firstWords = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 100);
