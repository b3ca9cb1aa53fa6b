import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { freePlans } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../json.ts";
import { Release } from "../model/release.ts";
import { catalogue } from "./catalogue.ts";
import type { CompileContext, World } from "./definition.ts";
import { MIGRATION_STAGES } from "./kinds/tenants-migrate.ts";
import { emptyWorld, enter, leave, stateOf } from "./world.ts";

const context: CompileContext = {
  release: Release.parse({
    release: "R2",
    from: "R1",
    title: "-",
    channel: "GA",
    services: { api: { version: "2.0.0", command: ["x"], health: { path: "/" } } },
    migrations: { reshape: "x" },
  }),
  present: { api: "1.0.0" },
  path: "with",
};

/** The definition of a kind, with an input read by its own schema. */
function prepare(kind: string, written: Json) {
  const definition = catalogue.get(kind);
  if (definition === undefined) throw new Error(`no ${kind}`);
  return { definition, input: definition.input.parse(written) };
}

/** One sample of each kind, as written; every stage of a migration. */
const samples: readonly (readonly [string, Json])[] = [
  ["check.http", { url: "http://x" }],
  ["gate.approval", { role: "approver" }],
  ["gate.bake", { seconds: 1 }],
  ["keys.create", { key: ["k-$", "{tenant}"].join("") }],
  ["tenants.backup", { name: "before" }],
  ["tenants.restore", { backup: "before" }],
  ["keys.rotate", { key: ["k-$", "{tenant}"].join(""), wrapped: "reshape" }],
  ["service.deploy", { service: "api" }],
  ["service.retire", { service: "api" }],
  ["traffic.shift", { service: "api", percent: 50 }],
  ...MIGRATION_STAGES.map((stage) => ["tenants.migrate", { migration: "reshape", stage }] as const),
];

test("the catalogue holds every kind there is a file for, under its own name, and the samples name each", async () => {
  const files = await readdir(join(import.meta.dirname, "kinds"));
  const kinds = files
    .filter((name) => !name.includes(".test."))
    .map((name) => name.slice(0, -3).replace("-", "."));
  expect([...catalogue.keys()].sort()).toEqual(kinds.sort());
  for (const [kind, definition] of catalogue) expect(definition.kind).toBe(kind);
  expect(new Set(samples.map(([kind]) => kind))).toEqual(new Set(catalogue.keys()));
});

test.each(samples)(
  "%s %j passes its check, and completing it twice is completing it once",
  (kind, written) => {
    const { definition, input } = prepare(kind, written);
    expect(definition.check(input, context)).toEqual([]);
    const whole = definition.complete(input, context);
    expect(definition.input.parse(whole)).toEqual(whole);
    expect(definition.complete(whole, context)).toEqual(whole);
    expect(definition.check(whole, context)).toEqual([]);
    expect(definition.title(whole)).not.toBe("");
  },
);

test.each(samples)(
  "%s %j: its model repeats without further effect, and its undo brings back what was there",
  (kind, written) => {
    const { definition, input } = prepare(kind, written);
    const whole = definition.complete(input, context);
    const before: World = enter(enter(emptyWorld, "stage:reshape/t-1", "earlier"), "route:api/t-1", {
      "1.0.0": 100,
    });
    const once = definition.model(before, whole, "t-1", "do");
    expect([...definition.model(once, whole, "t-1", "do")]).toEqual([...once]);
    const back = definition.model(once, whole, "t-1", "undo");
    const takesBack = ["instant", "lossless"].includes(definition.undo(whole));
    expect([...back]).toEqual(takesBack ? [...before] : [...once]);
    expect([...definition.model(back, whole, "t-1", "undo")]).toEqual([...back]);
  },
);

test("the plan says which versions: the release's and the one before it", () => {
  const shift = prepare("traffic.shift", { service: "api", percent: 100 });
  expect(shift.definition.complete(shift.input, context)).toMatchObject({
    from: "1.0.0",
    to: "2.0.0",
    drainSeconds: 30,
  });
  const retire = prepare("service.retire", { service: "api" });
  expect(retire.definition.complete(retire.input, context)).toEqual({ service: "api", version: "1.0.0" });
  const deploy = prepare("service.deploy", { service: "api" });
  expect(deploy.definition.complete(deploy.input, context)).toEqual({ service: "api", version: "2.0.0" });
});

test.each([
  ["service.retire", { service: "api" }, { api: "2.0.0" }, "BATON-RELEASE-VERSION"],
  ["service.retire", { service: "api" }, {}, "BATON-RELEASE-PRESENT"],
  ["service.deploy", { service: "api", version: "3.0.0" }, { api: "1.0.0" }, "BATON-RELEASE-VERSION"],
  ["traffic.shift", { service: "api", percent: 1, from: "0.9.0" }, { api: "1.0.0" }, "BATON-RELEASE-VERSION"],
  ["traffic.shift", { service: "api", percent: 1 }, {}, "BATON-RELEASE-PRESENT"],
])("%s %j with %j in service is refused with %s", (kind, written, present, code) => {
  const { definition, input } = prepare(kind, written);
  expect(definition.check(input, { ...context, present }).map((problem) => problem.code)).toEqual([code]);
});

test("in the model, all that was done and can be taken back, taken back in reverse, leaves stages, routes and services as they were", () => {
  fc.assert(
    fc.property(freePlans(), (plan) => {
      const effects = plan.steps.flatMap((step) => step.units.map((unit) => ({ step, unit })));
      const apply = (world: World, { step, unit }: (typeof effects)[number], direction: "do" | "undo") =>
        catalogue.get(step.kind)?.model(world, step.input, unit, direction) ?? world;
      const ahead = effects.reduce((world, effect) => apply(world, effect, "do"), emptyWorld);
      const back = effects.toReversed().reduce((world, effect) => apply(world, effect, "undo"), ahead);
      // What is left is what is inert: copies that nobody reads.
      const inert = new Set(["backfill", "verify"]);
      for (const subject of back.keys()) expect(inert).toContain(stateOf(back, subject));
    }),
  );
});

test("a world takes back to before the state, with all that was entered after it; taking back what never was changes nothing", () => {
  const world = enter(enter(enter(emptyWorld, "s", "a"), "s", "b"), "s", "c");
  expect(stateOf(leave(world, "s", "b"), "s")).toBe("a");
  expect(leave(world, "s", "x")).toBe(world);
  expect(leave(leave(world, "s", "a"), "s", "a").has("s")).toBe(false);
  expect(stateOf(world, "s")).toBe("c");
});
