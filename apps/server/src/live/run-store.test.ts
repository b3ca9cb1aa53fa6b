import { loadRun, openRun, requestPause, requestResume } from "@baton/conductor";
import type { Actor, Journal } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { aPlan } from "@baton/testkit/builders/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { followJournal } from "./follower.ts";
import { createRunStore } from "./run-store.ts";

const ada: Actor = { kind: "person", name: "ada", via: "test" };

async function opened(): Promise<{ journal: Journal; run: string }> {
  let now = 1_000;
  const journal = createMemoryJournal({ now: () => (now += 10) });
  const run = await openRun({
    journal,
    plan: aPlan({ steps: [{ id: "main.one", input: { service: "a", version: "1.0.0" } }] }),
    by: ada,
    approvedBy: ada,
  });
  if (!run.ok) throw new Error("the run cannot be opened");
  return { journal, run: run.value };
}

test("a run that is kept is always what a fold from the journal gives, however looks and appends mingle", async () => {
  const step = fc.constantFrom("look", "look at once", "pause", "resume");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { journal, run } = await opened();
      const follower = await followJournal(journal);
      if (!follower.ok) throw new Error("the journal cannot be followed");
      const store = createRunStore(journal, follower.value);
      const pending: Promise<unknown>[] = [];
      for (const one of steps) {
        if (one === "pause") pending.push(requestPause({ journal, run, by: ada, reason: "look" }));
        else if (one === "resume") pending.push(requestResume({ journal, run, by: ada }));
        else if (one === "look at once") pending.push(store.get("local", run));
        else await store.get("local", run);
      }
      await Promise.all(pending);
      await follower.value.catchUp();
      const [kept, folded] = [await store.get("local", run), await loadRun(journal, run)];
      if (!kept.ok || !folded.ok) throw new Error("the run cannot be read");
      expect(kept.value.loaded.position).toBe(folded.value.position);
      expect(kept.value.loaded.state).toEqual(folded.value.state);
      expect(kept.value.loaded.seqs).toEqual(folded.value.seqs);
      await follower.value.stop();
    }),
    { numRuns: 50 },
  );
});

test("a run that was opened a moment ago is there, also before the follower has heard of it", async () => {
  const { journal } = await opened();
  const follower = await followJournal(journal);
  if (!follower.ok) throw new Error("the journal cannot be followed");
  const store = createRunStore(journal, follower.value);
  await store.list("local");
  const plan = aPlan({ release: "R7", steps: [{ id: "a.b", input: { service: "x", version: "1.0.0" } }] });
  const run = await openRun({ journal, plan, by: ada });
  expect(run.ok && (await store.get("local", run.value)).ok).toBe(true);
  const unknown = await store.get("local", "r0");
  expect(unknown.ok ? [] : unknown.problems.map(({ code }) => code)).toEqual(["BATON-RUN-UNKNOWN"]);
  await follower.value.stop();
});

test("an event that comes while a run is being read is in it", async () => {
  const { journal, run } = await opened();
  const follower = await followJournal(journal);
  if (!follower.ok) throw new Error("the journal cannot be followed");
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  // Holds back the end of the first fold until more was journaled and told.
  const slow: Journal = {
    ...journal,
    loadDocument: async (hash) => {
      reads++;
      const document = await journal.loadDocument(hash);
      return document;
    },
    read: async (prefix, after, limit) => {
      const page = await journal.read(prefix, after, limit);
      if (prefix === `run/${run}` && page.ok && page.value.length === 0) await gate.promise;
      return page;
    },
  };
  const store = createRunStore(slow, follower.value);
  const looking = store.get("local", run);
  await expect.poll(() => reads).toBe(1);
  await requestPause({ journal, run, by: ada, reason: "meanwhile" });
  await follower.value.catchUp();
  gate.resolve();
  const known = await looking;
  expect(known.ok && known.value.loaded.state.paused?.reason).toBe("meanwhile");
  await follower.value.stop();
});
