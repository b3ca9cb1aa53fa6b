import type { Guard } from "../guard.ts";

const STATEMENTS = "packages/core/src/audit/check-statements.ts";
const verify = (name: string) => ({ file: "packages/conductor/test/audit/verify.test.ts", name });

/** What shows that the journal was tampered with. */
export const auditGuards: readonly Guard[] = [
  {
    name: "audit-signature",
    protects: "A statement that was edited or forged is not believed.",
    file: STATEMENTS,
    edits: [{ text: "if (signed === false) {", replacement: 'if (typeof signed === "string") {' }],
    test: verify("shows a statement removed, edited, forged and signed with a key of the forger's own"),
  },
  {
    name: "audit-strange-key",
    protects: "A statement signed with a key of the forger's own is not believed.",
    file: STATEMENTS,
    edits: [
      {
        text: "if (options.knowsKeys) findings.add(strangeKey(statement.key, number));\n        else",
        replacement: "",
      },
    ],
    test: verify("shows a statement removed, edited, forged and signed with a key of the forger's own"),
  },
  {
    name: "audit-anchor-ahead",
    protects: "A journal whose end was cut off together with its statements is found out by the anchor.",
    file: STATEMENTS,
    edits: [{ text: "if (newest > last) findings.add(anchorAhead(newest, last));", replacement: "" }],
    test: verify("shows a tail cut off together with its statements, by the anchor"),
  },
  {
    name: "audit-no-anchor-is-not-green",
    protects: "Without an anchor a journal is not called intact: nobody can say.",
    file: STATEMENTS,
    edits: [{ text: "if (stored.length > 0) unknown.push(anchorMissing());", replacement: "" }],
    test: verify("shows a tail cut off together with its statements, by the anchor"),
  },
  {
    name: "audit-unsigned-is-not-green",
    protects: "Events that nothing signed vouches for are not called intact.",
    file: "packages/core/src/audit/verification.ts",
    edits: [
      {
        text: "found === 0 && unsigned > 0 ? [unsignedTail(unsigned, signedTo, unsignedSince)] : []",
        replacement: "[] as Problem[]",
      },
    ],
    test: verify("knows no key: nothing is said to be signed"),
  },
  {
    name: "audit-edited-event",
    protects: "An event that was edited in the database is found, with its place.",
    file: "packages/core/src/audit/journal-check.ts",
    edits: [
      {
        text: "this.#checkLink(row, before) ?? this.#checkContent(row)",
        replacement: "this.#checkLink(row, before)",
      },
    ],
    test: verify("shows an event edited, with its stream, number, position and type"),
  },
  {
    name: "sign-not-behind-an-anchor-ahead",
    protects: "A journal whose end was cut off is not signed as if nothing had been.",
    file: "packages/conductor/src/audit/sign-heads.ts",
    edits: [
      {
        text: "if (newest.number > stored) return failed(anchorAhead(newest.number, stored));",
        replacement: "",
      },
    ],
    test: {
      file: "packages/conductor/test/audit/tampered.test.ts",
      name: "nothing is signed behind an anchor that is ahead, nor over a gap; what is signed already stays as it is",
    },
  },
];
