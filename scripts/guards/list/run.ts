import type { Guard } from "../guard.ts";

const test = (file: string, name: string) => ({ file: `packages/core/src/${file}`, name });

/** What the pure core refuses: in the plan before anything moves, and in a run. */
export const runGuards: readonly Guard[] = [
  {
    name: "approval-counts-for-its-hash",
    protects: "A run begins only by an approval of its own plan's hash, whoever wrote the event.",
    file: "packages/core/src/run/apply/run.ts",
    edits: [{ text: " && event.planHash === state.planHash;", replacement: ";" }],
    test: test("run/decide.test.ts", "counts for the plan's own hash only"),
  },
  {
    name: "approval-of-a-gate-reached",
    protects: "A gate is not opened by an approval from before anybody could see what stands behind it.",
    file: "packages/core/src/run/apply/step.ts",
    edits: [
      { text: `present.status === "running" &&\n    present.approvedBy`, replacement: "present.approvedBy" },
    ],
    test: test("run/rollback.test.ts", "bakes by the journal's clock, says so once, then waits for a person"),
  },
  {
    name: "no-return",
    protects: "A rollback past the point of no return is refused, and not begun to be left half-way.",
    file: "packages/core/src/run/refusal.ts",
    edits: [
      {
        text: `if (step.undo === "none" && stepState(state, step.id).touched > 0) return step;`,
        replacement: "void [step, state];",
      },
    ],
    test: test(
      "run/rollback.test.ts",
      "can be rolled back from, and no longer once what cannot be taken back has begun",
    ),
  },
  {
    name: "end-after-a-rollback-is-asked",
    protects: "A run that was ending when somebody asked for a rollback goes back all the same.",
    file: "packages/core/src/run/apply/run.ts",
    edits: [
      {
        text: `if (state.status !== "rolling-back" && state.rollback !== null) return state;`,
        replacement: "",
      },
    ],
    test: test("run/rollback.test.ts", "asked for while the run was ending is not lost"),
  },
  {
    name: "parked-blocks",
    protects: "What takes away what a parked tenant still needs does not start.",
    file: "packages/core/src/run/decide/forward.ts",
    edits: [{ text: " || (state.parked.size > 0 && needsAllTenants(step))", replacement: "" }],
    test: test(
      "run/decide.test.ts",
      "parks a tenant within the budget, leaves it out afterwards and keeps what it still needs",
    ),
  },
  {
    name: "parked-blocks-contract",
    protects: "A contract that can be taken back waits for a parked tenant too.",
    file: "packages/core/src/run/manner.ts",
    edits: [
      { text: ` || step.undo === "none" || takesOldShape(step);`, replacement: ` || step.undo === "none";` },
    ],
    test: test(
      "run/decide.test.ts",
      "keeps a contract waiting for a parked tenant, also one that can be taken back",
    ),
  },
  {
    name: "hold-before-contract",
    protects: "A plan whose contract stands behind no hold is refused.",
    file: "packages/core/src/plan/proofs.ts",
    edits: [{ text: "  ...proveHolds(plan),\n", replacement: "" }],
    test: test("plan/compile-problems.test.ts", "a step that cannot be taken back needs a hold before it"),
  },
  {
    name: "contract-after-verify",
    protects: "A plan that would contract a tenant which was not verified and switched is refused.",
    file: "packages/core/src/plan/proofs.ts",
    edits: [
      {
        text: "return [...problems, ...proveContract(plan, stage, others, before)];",
        replacement: "return problems;",
      },
    ],
    test: test("plan/compile-problems.test.ts", "verify left out"),
  },
  {
    name: "shift-from-where-it-was-found",
    protects: "No tenant is sent back to a version it had left, which may be fenced off from its data.",
    file: "packages/core/src/actions/kinds/traffic-shift.ts",
    edits: [
      { text: "return elsewhere ? others", replacement: "return elsewhere && input.percent < 0 ? others" },
    ],
    test: {
      file: "packages/core/src/plan/halfway.test.ts",
      name: "on the way no tenant goes to a version it was not found on, but for the new one, whose share never falls",
    },
  },
  {
    name: "routes-are-all-known",
    protects: "No tenant is left on a version that a superseding release knows nothing of.",
    file: "packages/core/src/plan/compile.ts",
    edits: [
      {
        text: "if (superseding) problems.push(...proveRoutes(provable, observed.services, superseding));",
        replacement: "",
      },
    ],
    test: {
      file: "packages/core/src/plan/superseding.test.ts",
      name: "tenants that go to a version the release neither brings nor moves them from are refused, all at once",
    },
  },
  {
    name: "retire-after-all-moved",
    protects: "A plan that would stop a version which still answers somebody is refused.",
    file: "packages/core/src/plan/proofs.ts",
    edits: [{ text: "  ...proveRetires(plan),\n", replacement: "" }],
    test: test("plan/compile-problems.test.ts", "some requests still go there"),
  },
  {
    name: "stopped-run-begins-nothing",
    protects: "An effect that was decided on before a pause or a rollback does not begin after it.",
    file: "packages/core/src/run/still-wanted.ts",
    edits: [{ text: "if (state.paused !== null || state.stop !== null) return false;", replacement: "" }],
    test: {
      file: "packages/conductor/test/control.test.ts",
      name: "paused while it looks at what is there, an effect does not begin until the run is resumed",
    },
  },
];
