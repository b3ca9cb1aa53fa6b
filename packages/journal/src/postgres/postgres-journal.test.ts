import { testDatabase } from "@baton/testkit";
import { value } from "../conformance/support.ts";
import { describeJournal } from "../conformance.ts";
import { createPostgresJournal } from "./postgres-journal.ts";

describeJournal("The journal on PostgreSQL", async () => {
  const database = await testDatabase("journal");
  // Opened at the same time, as two programs that meet a new database would.
  const [journal, other] = await Promise.all([
    createPostgresJournal({ url: database.url }),
    createPostgresJournal({ url: database.url }),
  ]);
  return {
    journal: value(journal),
    other: value(other),
    dispose: async () => {
      await Promise.all([value(journal).close(), value(other).close()]);
      await database.drop();
    },
  };
});
