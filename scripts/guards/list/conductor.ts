import type { Guard } from "../guard.ts";

const EFFECT = "packages/conductor/src/effect.ts";
const test = (file: string, name: string) => ({ file: `packages/conductor/test/${file}`, name });

/** What keeps a conductor from acting when it should not, and a run from another's way. */
export const conductorGuards: readonly Guard[] = [
  {
    name: "lease-margin",
    protects:
      "A conductor stops performing a tenth of the lease's time before it ends, so that nobody performs beside it.",
    file: "packages/conductor/src/lease-keeper.ts",
    edits: [{ text: "const margin = ttlMs / 10;", replacement: "const margin = 0;" }],
    test: test(
      "lease-keeper.test.ts",
      "a lease counts as over a tenth of its time before its end, by the clock and not by a timer",
    ),
  },
  {
    name: "lease-from-the-question",
    protects:
      "A lease whose answer took long is not counted from the answer on, when it has run for a while already.",
    file: "packages/conductor/src/lease-keeper.ts",
    edits: [
      { text: "end = sentAt + ttlMs - margin;", replacement: "end = clock.elapsed() + ttlMs - margin;" },
    ],
    test: test(
      "lease-keeper.test.ts",
      "a renewed lease is counted from when it was asked for, however long the answer took",
    ),
  },
  {
    name: "lease-asks-the-clock",
    protects: "A conductor that slept past its lease performs nothing, also before its timers are heard.",
    file: "packages/conductor/src/lease-keeper.ts",
    edits: [{ text: "if (!over && clock.elapsed() >= end)", replacement: "if (false)" }],
    test: test(
      "lease.test.ts",
      "a conductor that slept past its lease performs nothing, also before its timers are heard",
    ),
  },
  {
    name: "asks-before-each-effect",
    protects: "An effect does not begin where the lease ended while its intent was journaled.",
    file: EFFECT,
    edits: [
      {
        text: "if (!mayBegin(rim, flight)) return interrupted(rim, flight);\n  await conclude(\n",
        replacement: "await conclude(\n",
      },
    ],
    test: test("lease.test.ts", "a lease that ends while the intent is journaled lets the effect not begin"),
  },
  {
    name: "intent-before-effect",
    protects: "What is done to the world is in the journal before it is done.",
    file: EFFECT,
    edits: [
      {
        text: "if (!(await intend(task, before))) return;\n  } else",
        replacement: "await intend(task, before);\n  } else",
      },
    ],
    test: test("lease.test.ts", "an intent that cannot be journaled is never performed"),
  },
  {
    name: "unfenced-wait",
    protects: "A successor touches nothing that its predecessor's unfenced effect may still be at work on.",
    file: "packages/conductor/src/unfenced.ts",
    edits: [
      {
        text: "await pause(clock, takenAt + deadline.value - clock.elapsed(), signal);",
        replacement: "",
      },
    ],
    test: test(
      "unfenced.test.ts",
      "a successor goes %s only when the effect's deadline has passed since it took the lease",
    ),
  },
  {
    name: "undo-shuts-out",
    protects:
      "An effect that stood still between its intent and its target is refused there once it was taken back.",
    file: EFFECT,
    edits: [
      {
        text: `step.effect === "fenced" || step.effect === "compare-and-set"`,
        replacement: "step.effect === undefined",
      },
    ],
    test: test(
      "fencing.test.ts",
      "a %s effect is undone also where nothing is seen, so that a conductor that stood still comes too late",
    ),
  },
  {
    name: "unknown-on-the-way-back",
    protects: "A rollback does not pass over an effect that nobody can see.",
    file: EFFECT,
    edits: [{ text: `if (seen.value.state === "unknown")`, replacement: "if (false)" }],
    test: test(
      "drive.test.ts",
      "an effect that cannot be seen blocks the rollback and is never taken for absent",
    ),
  },
  {
    name: "unknown-when-superseding",
    protects:
      "A run that goes on where another stopped does nothing a second time because it could not look.",
    file: "packages/conductor/src/settled-units.ts",
    edits: [
      {
        text: `return state === "unknown" ? failed(unseen(step, tenant, detail)) : ok(state === "present");`,
        replacement: `return ok(state === "present");`,
      },
    ],
    test: test("supersede.test.ts", "what cannot be seen is a problem, and never taken for not there"),
  },
  {
    name: "done-only-when-seen",
    protects: "A person's word that an effect is there counts only where its action sees it.",
    file: "packages/conductor/src/observe-by-hand.ts",
    edits: [
      {
        text: `return seen === "present" ? ok(detail) : failed(notPresent(request, seen, detail));`,
        replacement: "return ok(detail);",
      },
    ],
    test: test(
      "settle.test.ts",
      "a check that fails is skipped with a reason, an effect is not: it is done by hand, and counts when it is observed",
    ),
  },
  {
    name: "locks-across-runs",
    protects: "Two runs never work on one service or one tenant together.",
    file: "packages/conductor/src/opening-refusal.ts",
    edits: [
      { text: ".filter(({ subjects }) => subjects.length > 0);", replacement: ".filter(() => false);" },
    ],
    test: test(
      "locks.test.ts",
      "a fleet run and a release never work on one tenant together; on different ones they do",
    ),
  },
  {
    name: "locks-of-parked-tenants",
    protects: "A tenant that a run left at its old shape is worked on by no other run unseen.",
    file: "packages/conductor/src/environment-runs.ts",
    edits: [
      { text: "return run.locks.filter(({ subject }) => left.has(subject));", replacement: "return [];" },
    ],
    test: test("locks.test.ts", "parked tenants stay locked, the others do not"),
  },
  {
    name: "locks-taken-in-one-commit",
    protects: "Of runs that are opened at the same moment over the same locks, one is.",
    file: "packages/conductor/src/open-run.ts",
    edits: [
      {
        text: "expectedSeq: environmentSeq, events: [listed]",
        replacement: "expectedSeq: null, events: [listed]",
      },
    ],
    test: test("open-run.test.ts", "of many who open at the same moment one succeeds"),
  },
  {
    name: "approval-of-this-plan",
    protects: "An approval that was given for another plan is refused to whoever gives it.",
    file: "packages/conductor/src/requests.ts",
    edits: [
      { text: "if (approved === planHash) return null;", replacement: "if (approved !== null) return null;" },
    ],
    test: test("requests.test.ts", "an approval counts for the plan it names, once, and not after the end"),
  },
  {
    name: "approval-by-another-person",
    protects: "With separation of duties nobody approves what they opened themselves.",
    file: "packages/conductor/src/access/approver.ts",
    edits: [
      {
        text: "return same === null ? ok({ by, guard }) : failed(same);",
        replacement: "return same === undefined ? failed() : ok({ by, guard });",
      },
    ],
    test: test(
      "access.test.ts",
      "who opened a run approves neither its plan nor its gate; another person does, and is recorded",
    ),
  },
  {
    name: "approval-by-right",
    protects: "Nobody approves without the right to.",
    file: "packages/conductor/src/access/approver.ts",
    edits: [{ text: "if (refusal !== null) return failed(refusal);", replacement: "" }],
    test: test(
      "access.test.ts",
      "an approval for another plan, without the right, or by a token is refused and leaves nothing behind",
    ),
  },
  {
    name: "approval-held-to-the-right",
    protects: "An approval does not count where the right to it is taken in the same moment.",
    file: "packages/conductor/src/access/approver.ts",
    edits: [{ text: "expectedSeq: seq, events: []", replacement: "expectedSeq: null, events: []" }],
    test: test(
      "access.test.ts",
      "a right that is taken in the moment of the approval takes the approval along",
    ),
  },
  {
    name: "plan-is-its-hash",
    protects: "A plan that would do something else than its hash says is neither opened nor carried out.",
    file: "packages/conductor/src/plan-document.ts",
    edits: [{ text: "if (found === plan.hash) return ok(plan);", replacement: "return ok(plan);" }],
    test: test(
      "open-run.test.ts",
      "a plan whose hash is not that of its doings is neither opened nor loaded",
    ),
  },
  {
    name: "rollback-while-a-run-ends",
    protects:
      "A run that is asked to go back in the moment it ends is not listed as ended, and keeps its locks.",
    file: "packages/conductor/src/ledger.ts",
    edits: [
      {
        text: "this.#commit([...batch, { stream: control, expectedSeq, events: [] }]);",
        replacement: "this.#commit([...batch, { stream: control, expectedSeq: null, events: [] }]);",
      },
    ],
    test: test("requests.test.ts", "a rollback asked for in the moment a run ends is not lost"),
  },
  {
    name: "secrets-in-messages",
    protects: "What a failed effect says is journaled without secrets.",
    file: "packages/conductor/src/journaled-json.ts",
    edits: [{ text: "${redactor(first.message).value}${more}", replacement: "${first.message}${more}" }],
    test: test(
      "drive.test.ts",
      "what looks like a secret in a problem is not journaled, neither in its message nor in its details",
    ),
  },
  {
    name: "secrets-in-details",
    protects: "What stands in a problem's details is journaled without secrets.",
    file: "packages/conductor/src/journaled-json.ts",
    edits: [
      {
        text: "redactJson(journaledJson(first.details), redactor).value",
        replacement: "journaledJson(first.details)",
      },
    ],
    test: test(
      "drive.test.ts",
      "what looks like a secret in a problem is not journaled, neither in its message nor in its details",
    ),
  },
  {
    name: "restored-journal-looks-first",
    protects: "A journal that came back from a backup is not driven on where the world has moved on since.",
    file: "packages/session/src/moved-world.ts",
    edits: [
      {
        text: `if (seen.state === "present") return null;`,
        replacement: `if (seen.state !== "partial") return null;`,
      },
    ],
    test: {
      file: "packages/session/src/moved-world.test.ts",
      name: "where such an effect is %s the run is not driven on from what the journal says",
    },
  },
];
