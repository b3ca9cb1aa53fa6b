import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Problem } from "../problem.ts";
import { readRelease } from "./read-release.ts";

const releases = join(import.meta.dirname, "../../../../platform/releases");

/** A sound release of nineteen lines; the tests below change one line each and look for the place. */
const SOUND = `release: R2
from: R1
title: Sample
channel: Preview
services:
  api:
    version: 2.0.0
    command: [main.ts]
    health: { path: /health }
migrations:
  reshape: migrations/reshape
phases:
  - id: prepare
    steps:
      - { id: deploy, kind: service.deploy, with: { service: api } }
      - { id: wait, kind: gate.bake, with: { seconds: 1 } }
  - id: ring
    each: rings
    steps:
      - { id: expand, kind: tenants.migrate, each: tenants, with: { migration: reshape, stage: expand } }
`;

/** Problems of the sound text with some lines replaced (numbers count from 1). */
function problemsOf(changes: Readonly<Record<number, string>>): readonly Problem[] {
  const lines = SOUND.split("\n").map((line, index) => changes[index + 1] ?? line);
  const read = readRelease(lines.join("\n"), "R2/release.yaml");
  return read.ok ? [] : read.problems;
}

const placed = (problems: readonly Problem[]) =>
  problems.map(({ code, where }) =>
    `${code} ${where?.file}:${where?.line}:${where?.column} ${where?.path ?? ""}`.trim(),
  );

test("the sound release is read, with its defaults and places", () => {
  const read = readRelease(SOUND, "R2/release.yaml");
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  expect(read.value.document.limits).toEqual({
    units: 4,
    perHost: 4,
    attempts: 4,
    backoffSeconds: 1,
    failureBudget: 0,
  });
  expect(read.value.places("phases[0].steps[1].with.seconds")).toEqual({
    file: "R2/release.yaml",
    line: 16,
    column: 55,
    path: "phases[0].steps[1].with.seconds",
  });
  expect(read.value.places("phases[1].each", "key")).toMatchObject({ line: 18, column: 5 });
  expect(read.value.places("services.api.env.ABSENT")).toMatchObject({ line: 6, column: 3 });
});

test.each(["R1", "R2"])("the release %s of this repository is read", async (name) => {
  const read = readRelease(await readFile(join(releases, name, "release.yaml"), "utf8"), "release.yaml");
  expect(read.ok ? [] : read.problems).toEqual([]);
});

describe("each fault has its code, its line and column, and a remedy", () => {
  test("an unknown field is placed at the field and the near one is named", () => {
    const problems = problemsOf({ 3: "title: Sample\nchanel: EA" });
    expect(placed(problems)).toEqual(["BATON-RELEASE-FIELD R2/release.yaml:4:1 chanel"]);
    expect(problems[0]?.message).toBe("`chanel` is not a field of the file.");
    expect(problems[0]?.remedy).toMatch(
      /^Did you mean `channel`\? Known fields: author, budgets, channel, from,/,
    );
  });

  test("an unknown field in a step, and in the `with` of its kind", () => {
    const problems = problemsOf({
      16: "      - { id: wait, kid: x, kind: gate.bake, with: { secnods: 1 } }",
    });
    expect(placed(problems)).toEqual([
      "BATON-RELEASE-FIELD R2/release.yaml:16:21 phases[0].steps[1].kid",
      "BATON-RELEASE-FIELD R2/release.yaml:16:46 phases[0].steps[1].with.seconds",
      "BATON-RELEASE-FIELD R2/release.yaml:16:54 phases[0].steps[1].with.secnods",
    ]);
    expect(problems.map(({ remedy }) => remedy)).toEqual([
      expect.stringMatching(
        /^Did you mean `id`\? Known fields: after, each, id, kind, seconds, title, with\.$/,
      ),
      "Add it: a number.",
      "Did you mean `seconds`? Known fields: seconds.",
    ]);
  });

  test("a missing field is placed at what lacks it", () => {
    const problems = problemsOf({ 9: "" });
    expect(placed(problems)).toEqual(["BATON-RELEASE-FIELD R2/release.yaml:6:3 services.api.health"]);
    expect(problems[0]?.message).toBe("`services.api.health` is missing.");
  });

  test("a value of the wrong sort", () => {
    const problems = problemsOf({ 4: "channel: Previw", 7: "    version: two" });
    expect(placed(problems)).toEqual([
      "BATON-RELEASE-FIELD R2/release.yaml:4:10 channel",
      "BATON-RELEASE-FIELD R2/release.yaml:7:14 services.api.version",
    ]);
    expect(problems[0]?.message).toBe(
      '`channel` is "Previw"; it must be one of `Beta`, `Preview`, `EA`, `GA`.',
    );
    expect(problems[0]?.remedy).toMatch(/^Did you mean `Preview`\?/);
  });

  test("an unknown step kind", () => {
    const problems = problemsOf({ 16: "      - { id: wait, kind: gate.bak, with: { seconds: 1 } }" });
    expect(placed(problems)).toEqual(["BATON-RELEASE-KIND R2/release.yaml:16:27 phases[0].steps[1].kind"]);
    expect(problems[0]?.remedy).toMatch(
      /^Did you mean `gate\.bake`\? Known kinds: check\.http, gate\.approval,/,
    );
  });

  test("a missing service and a missing migration", () => {
    const problems = problemsOf({
      15: "      - { id: deploy, kind: service.deploy, with: { service: apo } }",
      20: "      - { id: expand, kind: tenants.migrate, each: tenants, with: { migration: shape, stage: expand } }",
    });
    expect(placed(problems)).toEqual([
      "BATON-RELEASE-SERVICE R2/release.yaml:15:62 phases[0].steps[0].with.service",
      "BATON-RELEASE-MIGRATION R2/release.yaml:20:80 phases[1].steps[0].with.migration",
    ]);
    expect(problems[0]?.remedy).toContain("Did you mean `api`?");
  });

  test("`each` where it must be and where it cannot be", () => {
    const problems = problemsOf({
      16: "      - { id: wait, kind: gate.bake, each: tenants, with: { seconds: 1 } }",
      20: "      - { id: expand, kind: tenants.migrate, with: { migration: reshape, stage: expand } }",
    });
    expect(placed(problems)).toEqual([
      "BATON-RELEASE-EACH R2/release.yaml:16:38 phases[0].steps[1].each",
      "BATON-RELEASE-EACH R2/release.yaml:20:9 phases[1].steps[0]",
    ]);
  });

  test("`after` that names nothing, for a step and for a phase", () => {
    const problems = problemsOf({
      16: "      - { id: wait, kind: gate.bake, after: [deplyo, prepare.x], with: { seconds: 1 } }",
      18: "    each: rings\n    after: [prepaer]",
    });
    expect(placed(problems)).toEqual([
      "BATON-RELEASE-AFTER R2/release.yaml:16:46 phases[0].steps[1].after[0]",
      "BATON-RELEASE-AFTER R2/release.yaml:16:54 phases[0].steps[1].after[1]",
      "BATON-RELEASE-AFTER R2/release.yaml:19:13 phases[1].after[0]",
    ]);
    expect(problems[0]?.remedy).toContain("Did you mean `deploy`?");
    expect(problems[2]?.remedy).toContain("Did you mean `prepare`?");
  });

  test("a cycle is refused with its path printed (M075)", () => {
    const problems = problemsOf({
      15: "      - { id: deploy, kind: service.deploy, after: [wait], with: { service: api } }",
    });
    expect(placed(problems)).toEqual(["BATON-PLAN-CYCLE R2/release.yaml:15:45 phases[0].steps[0].after"]);
    expect(problems[0]?.message).toContain("prepare.deploy -> prepare.wait -> prepare.deploy");
  });

  test("phase ids, step ids and ports given twice", () => {
    const problems = problemsOf({
      9: "    health: { path: /health }\n    ports: { http: 9000, admin: 9000 }",
      16: "      - { id: deploy, kind: gate.bake, with: { seconds: 1 } }",
      17: "  - id: prepare",
    });
    expect(placed(problems)).toEqual([
      "BATON-RELEASE-PORT R2/release.yaml:10:33 services.api.ports.admin",
      "BATON-RELEASE-DUPLICATE R2/release.yaml:17:15 phases[0].steps[1].id",
      "BATON-RELEASE-DUPLICATE R2/release.yaml:18:9 phases[1].id",
    ]);
    expect(problems[0]?.message).toContain("`services.api.ports.http` (line 10)");
  });

  test("a template that has no value there", () => {
    const problems = problemsOf({
      16: `      - { id: wait, kind: check.http, with: { url: "http://\${tenant}/\${ring}" } }`,
    });
    expect(placed(problems)).toEqual([
      "BATON-TEMPLATE-NAME R2/release.yaml:16:52 phases[0].steps[1].with.url",
      "BATON-TEMPLATE-NAME R2/release.yaml:16:52 phases[0].steps[1].with.url",
    ]);
  });

  test("text that is no YAML, a field given twice, nothing at all", () => {
    expect(placed(problemsOf({ 4: "channel: [Preview" }))[0]).toMatch(
      /^BATON-YAML-SYNTAX R2\/release\.yaml:5:/,
    );
    expect(placed(problemsOf({ 4: "channel: EA\nchannel: GA", 3: "titel: x" }))).toEqual([
      "BATON-RELEASE-FIELD R2/release.yaml:1:1 title",
      "BATON-RELEASE-FIELD R2/release.yaml:3:1 titel",
      "BATON-YAML-SYNTAX R2/release.yaml:5:1",
    ]);
    const empty = readRelease("", "release.yaml");
    expect(empty.ok ? [] : placed(empty.problems)).toEqual(["BATON-RELEASE-FIELD release.yaml:1:1"]);
  });
});

test("all faults at once, in the order of the file", () => {
  const problems = problemsOf({
    3: "title: Sample\nowner: ana",
    4: "channel: Gamma",
    15: "      - { id: deploy, kind: service.deploy, after: [wait], with: { service: apo } }",
    20: "      - { id: expand, kind: tenants.migrat, each: tenants }",
  });
  expect(problems.map(({ code, where }) => `${code}:${where?.line}`)).toEqual([
    "BATON-RELEASE-FIELD:4",
    "BATON-RELEASE-FIELD:5",
    "BATON-PLAN-CYCLE:16",
    "BATON-RELEASE-SERVICE:16",
    "BATON-RELEASE-KIND:21",
  ]);
  for (const problem of problems) expect(problem.remedy).toMatch(/^[A-Z].*[.?]$/);
});

test("any text gives a value or problems, never an exception", () => {
  for (const text of [
    "\t",
    "- 1",
    "a: *b",
    "a: &a [*a]",
    "? [x]\n: 1",
    "__proto__: 1",
    "release: !!binary x",
    "---\n---\n",
  ]) {
    const read = readRelease(text, "release.yaml");
    expect(read.ok).toBe(false);
    for (const problem of read.ok ? [] : read.problems) expect(problem.where?.line).toBeGreaterThan(0);
  }
});
