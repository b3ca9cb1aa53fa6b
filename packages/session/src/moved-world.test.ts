import { type Observation, ok, type Performer, type Ports } from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { aPlan, aRun } from "@baton/testkit/builders/index";
import { expect, test } from "vitest";
import { checkMovedWorld } from "./moved-world.ts";

const plan = aPlan({
  tenants: ["t1", "t2"],
  steps: [
    { id: "a.deploy" },
    { id: "a.expand", kind: "tenants.migrate", units: ["t1", "t2"], after: ["a.deploy"] },
    { id: "a.copy", kind: "tenants.migrate", units: ["t1", "t2"], undo: "inert", after: ["a.expand"] },
    { id: "a.switch", kind: "tenants.migrate", units: ["t1", "t2"], after: ["a.copy"] },
    { id: "a.rest", after: ["a.switch"] },
  ],
});

type Seen = Readonly<Record<string, Observation["state"]>>;

/** A run of which all but the last step is done, by a journal that has come back from a backup, in a world that looks so. */
async function check(seen: Seen, how: { readonly restored: boolean; readonly drivenSince?: boolean }) {
  const run = aRun(plan);
  for (let turn = 0; turn < 100; turn += 1) {
    run.records();
    for (const command of run.performs()) if (command.step !== "a.rest") run.succeed(command);
  }
  const asked: string[] = [];
  const performer = (kind: string): Performer => ({
    kind,
    check: async () => [],
    before: async () => ok(null),
    perform: async () => ok(null),
    undo: async () => ok(null),
    observe: async (_input, before, { step, tenant }) => {
      const name = `${step}/${tenant?.id ?? "-"}`;
      asked.push(`${name} ${JSON.stringify(before)}`);
      return { state: seen[name] ?? "present", detail: "as it is." };
    },
  });
  const journal = createMemoryJournal({ now: () => 1_000 });
  if (how.restored)
    await journal.append(
      [
        {
          stream: "journal/restored",
          expectedSeq: null,
          events: [{ type: "journal.restored", version: 1, data: {} }],
        },
      ],
      null,
    );
  const performers = new Map(["service.deploy", "tenants.migrate"].map((kind) => [kind, performer(kind)]));
  const loaded = {
    run: "r",
    plan,
    index: run.index,
    state: run.state(),
    seqs: new Map(),
    position: how.drivenSince ? 9 : 0,
  };
  const looks = { journal, performers, ports: {} as Ports };
  const checked = await checkMovedWorld(looks, loaded, new AbortController().signal);
  const problems = checked.ok ? [] : checked.problems.map(({ code, details }) => [code, details]);
  return { problems, asked: asked.sort() };
}

test("a journal that came back is believed where the last effects of each tenant are seen, with what was there before them", async () => {
  expect(await check({}, { restored: true })).toEqual({
    problems: [],
    asked: ['a.deploy/- {"was":"-"}', 'a.switch/t1 {"was":"t1"}', 'a.switch/t2 {"was":"t2"}'],
  });
});

test.each(["absent", "partial", "unknown"] as const)(
  "where such an effect is %s the run is not driven on from what the journal says",
  async (state) => {
    const { problems } = await check({ "a.switch/t2": state }, { restored: true });
    expect(problems).toEqual([["BATON-RUN-MOVED", { step: "a.switch", unit: "t2", seen: state }]]);
  },
);

test("a journal that never came back, or has been driven from since, is believed without a look", async () => {
  const world: Seen = { "a.switch/t2": "absent" };
  expect(await check(world, { restored: false })).toEqual({ problems: [], asked: [] });
  expect(await check(world, { restored: true, drivenSince: true })).toEqual({ problems: [], asked: [] });
});
