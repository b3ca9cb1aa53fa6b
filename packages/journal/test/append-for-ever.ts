/** Appends batches of three streams to the journal at the address given, for ever, and says so after the first. */
import { createPostgresJournal } from "../src/postgres/postgres-journal.ts";

const [url, run] = process.argv.slice(2);
if (url === undefined || run === undefined) throw new Error("two arguments");
const journal = await createPostgresJournal({ url });
if (!journal.ok) throw new Error(JSON.stringify(journal.problems));
for (let seq = 0; ; seq++) {
  const event = { type: "thing.happened", version: 1, data: { seq } };
  const batch = ["a", "b", "c"].map((name) => ({
    stream: `${run}/${name}`,
    expectedSeq: seq,
    events: [event],
  }));
  const stored = await journal.value.append(batch, null);
  if (!stored.ok) throw new Error(JSON.stringify(stored.problems));
  if (seq === 5) console.log("under way");
}
