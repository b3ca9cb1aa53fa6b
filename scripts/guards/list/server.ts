import type { Guard } from "../guard.ts";

const test = (file: string, name: string) => ({ file: `apps/server/${file}`, name });
const READS = "test/api/reads.test.ts";
const ACTIONS = "test/api/actions.test.ts";
const STREAM = "test/api/stream.test.ts";

/** What keeps the server from telling, or doing, what it should not. */
export const serverGuards: readonly Guard[] = [
  {
    name: "api-right",
    protects: "A route does nothing for who has not the right it needs.",
    file: "apps/server/src/api/registrar.ts",
    edits: [
      {
        text: "must(await authorised(options, request.principal, needs, environment));",
        replacement: "void options;",
      },
    ],
    test: test(
      READS,
      "who is nobody, may not, asks for nothing that is there, or asks badly is told so and no more",
    ),
  },
  {
    name: "api-key-another-body",
    protects: "A key that was used is not taken for another request.",
    file: "apps/server/src/api/request-keys.ts",
    edits: [{ text: "if (row.request_hash !== hash) return failed(reused(key));", replacement: "" }],
    test: test(
      ACTIONS,
      "sent again under its key, a request is done once and answered the same; another one under the key is refused",
    ),
  },
  {
    name: "api-key-secret",
    protects: "A token that is shown once does not lie in the table of keys.",
    file: "apps/server/src/api/request-keys.ts",
    edits: [
      { text: "secret ? null : JSON.stringify(answer.body)", replacement: "JSON.stringify(answer.body)" },
    ],
    test: test(ACTIONS, "a token in an answer is shown once and kept nowhere, not even under its key"),
  },
  {
    name: "api-unsound-text",
    protects: "Text that PostgreSQL cannot keep is refused at the door, not by the database.",
    file: "apps/server/src/api/read-input.ts",
    edits: [{ text: "problems.push(...unsound(part, given));", replacement: "" }],
    test: test(
      READS,
      "all that is wrong with a request is told at once, in one form, with its place and status",
    ),
  },
  {
    name: "api-plan-moved",
    protects:
      "A run is opened for the plan somebody looked at, not for another that the world has led to since.",
    file: "apps/server/src/handlers/releases.ts",
    edits: [{ text: "plan.hash !== body.planHash", replacement: "plan.hash === ''" }],
    test: test(
      ACTIONS,
      "one person opens a run of the plan they looked at, another approves it, and then it is driven",
    ),
  },
  {
    name: "stream-unknown",
    protects: "While the journal cannot be read, whoever looks on is told that nobody knows.",
    file: "apps/server/src/live/stream-hub.ts",
    edits: [
      {
        text: "for (const channel of channels.values()) channel.trouble(problem);",
        replacement: "void problem;",
      },
    ],
    test: test(
      STREAM,
      "while the database is gone nothing is told as known; when it is back all that was missed comes",
    ),
  },
  {
    name: "stream-looks-before-it-reads",
    protects:
      "An event that is journaled while a viewer is brought up to the present does not fall between the two.",
    file: "apps/server/src/live/channel.ts",
    edits: [
      {
        text: "if (viewer.waiting !== null) viewer.waiting.push(...events);",
        replacement: "if (viewer.waiting !== null) continue;",
      },
    ],
    test: test(
      "test/stream-hub.test.ts",
      "what is journaled while a viewer reads up comes once, in its place",
    ),
  },
  {
    name: "stream-no-event-twice",
    protects: "Whoever has read up to the present is not sent again what the server hears of later.",
    file: "apps/server/src/live/channel.ts",
    edits: [{ text: "send(viewer, textBehind(viewer, events, whole))", replacement: "send(viewer, whole)" }],
    test: test(
      "test/stream-hub.test.ts",
      "whoever has read up to the present is not sent again what the server hears of later",
    ),
  },
  {
    name: "run-store-waiting",
    protects: "An event that comes while a run is being read is not lost to whoever looks at it later.",
    file: "apps/server/src/live/run-store.ts",
    edits: [{ text: "entry.waiting.push(stored);", replacement: "void stored;" }],
    test: test("src/live/run-store.test.ts", "an event that comes while a run is being read is in it"),
  },
];
