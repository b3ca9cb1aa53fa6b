import type { RunSummary } from "@baton/conductor";
import { expect, test } from "vitest";
import type { LoadedRelease } from "./definition/load.ts";
import { inService, lineOf } from "./in-service.ts";

const release = (name: string, from?: string): [string, LoadedRelease] => [
  name,
  { release: { release: name, ...(from === undefined ? {} : { from }) } } as unknown as LoadedRelease,
];
const releases = new Map([release("R3", "R2"), release("R1"), release("R2", "R1")]);

const run = (to: string, from: string, outcome: string | null, supersedes: string | null = null) =>
  ({
    release: to,
    from,
    supersedes,
    ended: outcome === null ? null : { outcome, at: 1 },
  }) as unknown as RunSummary;

test("releases stand in the order they follow each other", () => {
  expect(lineOf({ releases }).map(({ release: { release: name } }) => name)).toEqual(["R1", "R2", "R3"]);
});

test.each([
  ["nothing was run", [], { current: "R1", underWay: null, past: [] }],
  ["a run is open", [run("R2", "R1", null)], { current: "R1", underWay: "R2", past: [] }],
  ["it arrived", [run("R2", "R1", "succeeded")], { current: "R2", underWay: null, past: ["R1"] }],
  [
    "it was taken back, and arrived the second time",
    [run("R2", "R1", "rolled-back"), run("R2", "R1", "succeeded-with-parked")],
    { current: "R2", underWay: null, past: ["R1"] },
  ],
  ["it stopped half-way", [run("R2", "R1", "needs-operator")], { current: "R1", underWay: "R2", past: [] }],
  [
    "a superseding run went back to where the other had stopped",
    [run("R2", "R1", "stopped"), run("R3", "R1", "rolled-back", "r2")],
    { current: "R1", underWay: "R3", past: [] },
  ],
])("what is in service where %s", (_, runs, expected) => {
  const found = inService({ releases }, runs);
  expect({ ...found, past: [...found.past] }).toEqual(expected);
});
