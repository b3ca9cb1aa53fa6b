import { z } from "zod";
import { json, lines } from "../route/answer.ts";
import { get, post } from "../route/route.ts";
import { InEnvironment, Time } from "../shapes/common.ts";
import { EventBody } from "../shapes/event.ts";
import { listOf, Page, PageQuery } from "../shapes/paging.ts";
import { ProblemBody } from "../shapes/problem.ts";

const group = "Audit";

export const StatementBody = z
  .strictObject({ number: z.int(), position: z.int(), text: z.string(), signature: z.string() })
  .meta({ id: "Statement", description: "What is signed of the journal at one position." });

const Verification = z.strictObject({
  /** True: all of it is as it was signed and anchored. Null: nobody can say, and `unknown` says why. */
  intact: z.boolean().nullable(),
  journal: z.string(),
  events: z.int(),
  streams: z.int(),
  statements: z.int(),
  signedTo: z.int(),
  unsigned: z.int(),
  /** When the first event was stored that is not signed yet, milliseconds since 1970; null where all are. */
  unsignedSince: z.int().nullable(),
  records: z.int(),
  problems: z.array(ProblemBody),
  found: z.int(),
  unknown: z.array(ProblemBody),
  anchor: z.string(),
});

export const VerificationBody = z
  .strictObject({
    /** `never`: nobody asked since the server started. */
    state: z.enum(["never", "running", "done", "failed"]),
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    /** Position it has come to, and the last one there was when it began. */
    position: z.int(),
    of: z.int(),
    result: Verification.nullable(),
    /** Why it could not be done. */
    problem: ProblemBody.nullable(),
  })
  .meta({ id: "Verification", description: "A check of the whole journal on the server." });

/** A line of an export: what the journal is, a statement, an event as it is stored, the end. */
const ExportLine = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("journal"),
    format: z.literal("baton-export/1"),
    journal: z.string(),
    run: z.string().nullable(),
    position: z.int(),
  }),
  z.strictObject({ kind: z.literal("statement"), ...StatementBody.shape }),
  z.strictObject({
    kind: z.literal("event"),
    position: z.int(),
    stream: z.string(),
    seq: z.int(),
    at: Time,
    epoch: z.int(),
    type: z.string(),
    version: z.int(),
    data: z.string(),
    hash: z.string(),
    previous: z.string(),
  }),
  z.strictObject({ kind: z.literal("end"), events: z.int(), statements: z.int() }),
]);

const Text = z.string().min(1).max(200);

export const auditRoutes = {
  searchEvents: get("searchEvents", {
    path: "/v1/environments/{environment}/audit/events",
    group,
    summary:
      "Searches the whole journal, the newest first. A page may hold fewer items than asked for and still have a `nextCursor`: then more is to be looked through.",
    needs: "view",
    params: InEnvironment,
    query: z.strictObject({
      ...Page,
      stream: Text.exactOptional().describe("Only this stream and those below it, such as `run/ID`."),
      type: Text.exactOptional().describe("Only events of this type, such as `run.approved`."),
      text: Text.exactOptional().describe("Only events that hold this text, in whatever case."),
      from: z.coerce
        .number()
        .int()
        .min(0)
        .exactOptional()
        .describe("Not before this time, milliseconds since 1970."),
      to: z.coerce.number().int().min(0).exactOptional().describe("Not after this time."),
    }),
    answer: json(listOf(EventBody).extend({ lookedThroughTo: z.int() })),
    problems: ["BATON-API-CURSOR"],
  }),
  getVerification: get("getVerification", {
    path: "/v1/environments/{environment}/audit/verification",
    group,
    summary: "Tells how the last check of the whole journal on the server stands.",
    needs: "view",
    params: InEnvironment,
    answer: json(VerificationBody),
  }),
  startVerification: post("startVerification", {
    path: "/v1/environments/{environment}/audit/verification",
    group,
    summary: "Has the whole journal checked: every hash, every signature, the anchor. One check at a time.",
    needs: "view",
    params: InEnvironment,
    body: z.strictObject({}),
    answer: json(VerificationBody, 202),
  }),
  exportJournal: get("exportJournal", {
    path: "/v1/environments/{environment}/audit/export",
    group,
    summary: "Gives the journal, or one run of it, as JSON lines that can be checked on their own.",
    needs: "view",
    params: InEnvironment,
    query: z.strictObject({ run: Text.exactOptional() }),
    answer: lines(ExportLine),
  }),
  getAuditKey: get("getAuditKey", {
    path: "/v1/environments/{environment}/audit/key",
    group,
    summary: "Gives the public half of the key that signs the journal here.",
    needs: "view",
    params: InEnvironment,
    answer: json(z.strictObject({ key: z.string(), publicKey: z.string() })),
  }),
  listStatements: get("listStatements", {
    path: "/v1/environments/{environment}/audit/statements",
    group,
    summary: "Lists what was signed of the journal, the oldest first.",
    needs: "view",
    params: InEnvironment,
    query: PageQuery,
    answer: json(listOf(StatementBody)),
    problems: ["BATON-API-CURSOR"],
  }),
  getAnchor: get("getAnchor", {
    path: "/v1/environments/{environment}/audit/anchor",
    group,
    summary: "Gives the copy of the statements that is kept beside the journal's database.",
    needs: "view",
    params: InEnvironment,
    answer: json(z.strictObject({ place: z.string(), lines: z.array(z.string()).nullable() })),
  }),
};
