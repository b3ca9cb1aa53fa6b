import type { Guard } from "../guard.ts";

const CORE = "packages/core/src/access";
const REQUESTS = "packages/conductor/src/access/access-requests.ts";
const law = (name: string) => ({ file: `${CORE}/access.test.ts`, name });
const conductor = (name: string) => ({ file: "packages/conductor/test/access.test.ts", name });
const attack = (name: string) => ({ file: "apps/server/test/access/attacks.test.ts", name });

const TOKEN_LAW =
  "a token can no more than its first scopes and its maker now, never approves, and ends for good";

/** What keeps people and programs to what they may. */
export const accessGuards: readonly Guard[] = [
  {
    name: "token-ends",
    protects: "A service token is worth nothing after its end.",
    file: `${CORE}/can.ts`,
    edits: [{ text: "!token.revoked && now < token.expiresAt", replacement: "!token.revoked" }],
    test: law(TOKEN_LAW),
  },
  {
    name: "token-revoked",
    protects: "A service token that was revoked is worth nothing.",
    file: `${CORE}/can.ts`,
    edits: [{ text: "!token.revoked && now < token.expiresAt", replacement: "now < token.expiresAt" }],
    test: law(TOKEN_LAW),
  },
  {
    name: "token-bound-by-its-maker",
    protects: "Nobody keeps by a token what was taken from themselves.",
    file: `${CORE}/can.ts`,
    edits: [
      {
        text: "scopes.filter((scope) => bound.has(scope))",
        replacement: "scopes.filter(() => bound.size >= 0)",
      },
    ],
    test: law(TOKEN_LAW),
  },
  {
    name: "sign-in-narrowed",
    protects: "A sign-in that was narrowed down is not used for more.",
    file: `${CORE}/can.ts`,
    edits: [{ text: "return scopes === null ? own", replacement: "return scopes !== undefined ? own" }],
    test: law("a sign-in that is narrowed down can no more than it was narrowed to"),
  },
  {
    name: "invitation-once",
    protects: "A one-time code lets one person in, once.",
    file: `${CORE}/refusals.ts`,
    edits: [{ text: `one.status === "open" && now`, replacement: "now" }],
    test: law("an invitation opens once, and not after its end"),
  },
  {
    name: "last-administrator",
    protects: "An environment is never left without anybody who could let others in.",
    file: `${CORE}/refusals.ts`,
    edits: [{ text: `if (role !== "admin" ||`, replacement: `if (role !== "viewer" ||` }],
    test: law("once there was an administrator there always is one, where what is refused is not done"),
  },
  {
    name: "token-is-its-makers-hand",
    protects: "Nobody approves what they opened by a token of theirs.",
    file: `${CORE}/separation.ts`,
    edits: [{ text: "if (token === undefined) return {};", replacement: "if (token !== null) return {};" }],
    test: law("nobody approves what they opened, whatever they are called and whatever they opened it with"),
  },
  {
    name: "only-people-approve",
    protects: "No program approves.",
    file: `${CORE}/separation.ts`,
    edits: [{ text: `if (approver.kind !== "person") return notAPerson(approver);`, replacement: "" }],
    test: law("neither a token nor Baton itself approves"),
  },
  {
    name: "administers-by-right",
    protects: "Nobody changes who may do what without the right to, whoever asks in their name.",
    file: REQUESTS,
    edits: [
      {
        text: "return refusal === null ? decide(state, { by: actorOf(asker.principal), reason }, now) : failed(refusal);",
        replacement:
          "return decide(state, { by: actorOf(asker.principal), reason }, refusal === null ? now : now);",
      },
    ],
    test: conductor("only an administrator changes who may do what, and never leaves none"),
  },
  {
    name: "access-compared",
    protects: "Of two who change the same at the same moment, the later sees what the earlier did.",
    file: REQUESTS,
    edits: [{ text: "expectedSeq: access.value.seq, events", replacement: "expectedSeq: null, events" }],
    test: conductor("the first administrator is made once, also where two are made at the same moment"),
  },
  {
    name: "access-of-a-newer-baton",
    protects: "What a newer Baton took from somebody is not given back by an older one that passes it over.",
    file: "packages/conductor/src/access/read-access.ts",
    edits: [{ text: "if (!event.ok) return event;", replacement: "if (!event.ok) continue;" }],
    test: conductor("an event of a newer Baton lets nobody in, rather than passing over what it took"),
  },
  {
    name: "route-asks-for-its-right",
    protects: "Nobody does by the API what their roles do not allow.",
    file: "apps/server/src/access/access-reader.ts",
    edits: [
      {
        text: "return refusal === null ? ok(undefined) : failed(refusal);",
        replacement: "return ok(undefined);",
      },
    ],
    test: attack("%s may %s and nothing else, and loses it with the role at once"),
  },
  {
    name: "revoked-at-once",
    protects: "A right that was taken is gone at the next request.",
    file: "apps/server/src/access/access-reader.ts",
    edits: [
      {
        text: "if (end === before.seq) return ok(before);",
        replacement: "if (before.seq > 0) return ok(before);",
      },
    ],
    test: attack("%s may %s and nothing else, and loses it with the role at once"),
  },
];
