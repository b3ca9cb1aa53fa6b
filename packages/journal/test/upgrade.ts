/** Opens the journal at the address given with more changes of the schema than this Baton has, as a later one would. */
import { createDatabase } from "../src/postgres/database.ts";
import { migrateJournal } from "../src/postgres/migrate.ts";
import { schemaMigrations } from "../src/postgres/schema.ts";

const [url, ...changes] = process.argv.slice(2);
if (url === undefined || changes.length === 0) throw new Error("two arguments or more");
const database = createDatabase(url, 1);
if (!database.ok) throw new Error(JSON.stringify(database.problems));
const known = schemaMigrations.length;
const later = changes.map((sql, n) => ({ number: known + n + 1, name: `later ${n + 1}`, sql }));
const upgraded = await migrateJournal(database.value, [...schemaMigrations, ...later]);
await database.value.close();
if (!upgraded.ok) throw new Error(JSON.stringify(upgraded.problems));
