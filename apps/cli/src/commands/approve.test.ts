import { approve, drive, loadRun, openRun, requestRollback } from "@baton/conductor";
import { type Journal, ok, type Performer, type Problem, type Result, type RunState } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import type { Session } from "@baton/session";
import { aPlan } from "@baton/testkit/builders/plans";
import { expect, test } from "vitest";
import { ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { approveIn } from "./approve.ts";

const ANA = { kind: "person", name: "ana", via: "test" } as const;
const BAKE = 600;
const GATE = { kind: "gate.approval", input: { role: "approver" }, undo: "inert" } as const;

const PLAN = aPlan({
  holds: ["hold"],
  steps: [
    { id: "main.one", undoSeconds: 4 },
    { id: "hold.bake", kind: "gate.bake", input: { seconds: BAKE }, undo: "inert", after: ["main.one"] },
    { id: "hold.approval", ...GATE, after: ["hold.bake"] },
    { id: "contract.plaintext", undo: "lossless", undoSeconds: 9, after: ["hold.approval"] },
    { id: "contract.retire", kind: "service.retire", after: ["contract.plaintext"], undo: "none" },
  ],
});

class Heard extends Output {
  readonly words_: string[] = [];
  readonly results: unknown[] = [];
  constructor() {
    super({ json: false });
  }
  override lines(...lines: readonly string[]): void {
    this.words_.push(...lines);
  }
  override result(value: unknown): void {
    this.results.push(value);
  }
  override problems(problems: readonly Problem[]): ExitCode {
    this.results.push({ problems });
    return ExitCode.failed;
  }
  get text(): string {
    return this.words_.join(" ").replaceAll(/\s+/g, " ");
  }
}

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join("; "));
  return result.value;
};

/** A world in which all succeeds; what was performed is recorded. */
function world() {
  const performed: string[] = [];
  const performer = (kind: string): Performer => ({
    kind,
    check: async () => [],
    before: async () => ok(null),
    perform: async (_input, _before, _key, { step }) => {
      performed.push(step);
      return ok(null);
    },
    undo: async () => ok(null),
    observe: async () => ({ state: "present", detail: "" }),
  });
  const kinds = ["service.deploy", "service.retire"];
  return { performed, performers: new Map(kinds.map((kind) => [kind, performer(kind)])) };
}

/** A run brought to its hold and left there by whoever drove it. */
async function atHold() {
  let now = 1_000_000;
  const journal: Journal = createMemoryJournal({ now: () => now });
  const { performed, performers } = world();
  const run = must(await openRun({ journal, plan: PLAN, by: ANA }));
  must(await approve({ journal, run, planHash: PLAN.hash, by: ANA }));
  const session = {
    journal,
    performers,
    ports: {},
    definition: { platform: { environment: "local" } },
  } as unknown as Session;
  const go = async (until: "wait" | "end") =>
    must(await drive({ journal, run, performers, ports: session.ports, owner: "test", until }));
  await go("wait");
  return {
    journal,
    run,
    session,
    performed,
    go,
    later: (seconds: number) => {
      now += seconds * 1000;
    },
    state: async (): Promise<RunState> => must(await loadRun(journal, run)).state,
    approve: async (options: { yes?: boolean; step?: string } = {}) => {
      const heard = new Heard();
      return { heard, code: await approveIn(session, heard, { yes: true, ...options }) };
    },
  };
}

test("while the hold bakes an approval does not count, and that is said with the time that is left", async () => {
  const held = await atHold();
  held.later(60);
  const { code, heard } = await held.approve();
  expect(code).toBe(ExitCode.waits);
  expect(heard.text).toContain("bakes for 9 min more");
  expect(heard.results).toEqual([
    { run: held.run, step: "hold.approval", approved: false, bakeSecondsLeft: BAKE - 60 },
  ]);
  expect((await held.state()).steps.get("hold.approval")?.approvedBy ?? null).toBeNull();
});

test("when the bake ran out with nobody driving, approve opens the gate and says what stands behind it; `run` goes on", async () => {
  const held = await atHold();
  held.later(BAKE);
  const { code, heard } = await held.approve();
  expect(code).toBe(ExitCode.done);
  expect(heard.text).toContain("contract.plaintext");
  expect(heard.text).toContain("contract.retire");
  expect(heard.text).toContain("Once contract.retire has begun there is no way back");
  expect(heard.text).toContain("go on with `npx baton run R2`");
  expect(heard.results).toMatchObject([
    { approved: true, drivenBy: null, behind: ["contract.plaintext", "contract.retire"] },
  ]);
  expect(held.performed).toEqual(["main.one"]);
  expect((await held.go("end")).state.ended?.outcome).toBe("succeeded");
  expect(held.performed).toEqual(["main.one", "contract.plaintext", "contract.retire"]);
});

test("nobody at a terminal and no --yes: nothing is approved", async () => {
  const held = await atHold();
  held.later(BAKE);
  const { code, heard } = await held.approve({ yes: false });
  expect(code).toBe(ExitCode.waits);
  expect(heard.text).toContain("--yes");
  expect((await held.state()).steps.get("hold.approval")?.approvedBy ?? null).toBeNull();
});

test("refused: a step that is no gate, a gate approved already, a run that goes back", async () => {
  const held = await atHold();
  held.later(BAKE);
  const none = await held.approve({ step: "hold.bake" });
  expect(none.code).toBe(ExitCode.refused);
  expect(none.heard.results).toMatchObject([{ problems: [{ code: "BATON-RUN-NO-APPROVAL" }] }]);
  await held.approve();
  const twice = await held.approve();
  expect(twice.code).toBe(ExitCode.refused);
  expect(twice.heard.results).toMatchObject([{ problems: [{ message: /already approved/ }] }]);

  const other = await atHold();
  must(await requestRollback({ journal: other.journal, run: other.run, by: ANA, reason: "test" }));
  other.later(BAKE);
  expect((await other.approve()).code).toBe(ExitCode.refused);
  expect((await other.state()).status).toBe("running"); // approve never turns a run round, or drives one that is to go back
  await other.go("end");
  const back = await other.approve();
  expect(back.code).toBe(ExitCode.refused);
});
