import { sha256 } from "@baton/testkit/arbitraries/index";
import { describe, expect, test } from "vitest";
import { catalogue } from "../actions/catalogue.ts";
import { readRelease } from "../documents/read-release.ts";
import { Platform } from "../model/platform.ts";
import type { Tenant } from "../model/tenant.ts";
import type { Problem } from "../problem.ts";
import { type CompileInput, compilePlan } from "./compile.ts";

const platform = Platform.parse({
  platform: "sample",
  title: "Sample",
  secrets: ["token"],
  databases: { shared: "shared" },
  services: { api: { title: "API", ports: { http: 9001 } }, edge: { title: "Edge", ports: { http: 9002 } } },
  tenants: { query: { database: "shared", sql: "select 1" }, rings: ["first", "second"] },
  traffic: { adapter: "gateway-http", url: "http://edge", tokenSecret: "token" },
});

const tenant = (id: string, ring: string): Tenant => ({ id, ring, database: `db_${id}`, host: "h" });
const migrate = (stage: string) =>
  `{ id: ${stage}, kind: tenants.migrate, each: tenants, with: { migration: reshape, stage: ${stage} } }`;

/** A release whose phases are given as lines from line 14 on. */
const releaseOf = (phases: string, head = "from: R1") => `release: R2
${head}
title: Sample
channel: GA
services:
  api:
    version: 2.0.0
    command: [main.ts]
    ports: { http: 9101 }
    health: { path: /health }
migrations:
  reshape: migrations/reshape
phases:
${phases}`;

const SOUND = `  - id: ring
    each: rings
    steps:
      - ${migrate("expand")}
      - ${migrate("verify")}
      - ${migrate("switch")}
  - id: hold
    hold: true
    steps:
      - { id: approval, kind: gate.approval, with: { role: approver } }
  - id: contract
    steps:
      - ${migrate("contract")}
`;

function problemsOf(text: string, change: Partial<CompileInput> = {}): readonly Problem[] {
  const read = readRelease(text, "R2/release.yaml");
  if (!read.ok) return read.problems;
  const plan = compilePlan({
    platform,
    release: read.value.document,
    places: read.value.places,
    observed: {
      tenants: [tenant("t-1", "first"), tenant("t-2", "second")],
      services: { api: "1.0.0", edge: "1.0.0" },
    },
    migrations: { reshape: { path: "releases/R2/migrations/reshape", digest: sha256("files") } },
    catalogue,
    sha256,
    ...change,
  });
  return plan.ok ? [] : plan.problems;
}

const placed = (problems: readonly Problem[]) =>
  problems.map(({ code, where }) => `${code} ${where?.line ?? "-"} ${where?.path ?? ""}`);

test("the sound release compiles", () => {
  expect(problemsOf(releaseOf(SOUND))).toEqual([]);
});

test("a step that cannot be taken back needs a hold before it", () => {
  const problems = problemsOf(releaseOf(SOUND.replace("    hold: true\n", "")));
  expect(placed(problems)).toEqual(["BATON-PLAN-HOLD 25 phases[2].steps[0]"]);
  expect(problems[0]?.message).toContain("`contract.contract`");
});

test("a hold that contract does not wait for is none", () => {
  const text = releaseOf(SOUND).replace("- id: contract\n", "- id: contract\n    after: [ring]\n");
  expect(placed(problemsOf(text))).toEqual(["BATON-PLAN-HOLD 27 phases[2].steps[0]"]);
});

describe("contract waits for every tenant", () => {
  test("verify left out", () => {
    const problems = problemsOf(releaseOf(SOUND.replace(`      - ${migrate("verify")}\n`, "")));
    expect(placed(problems)).toEqual(["BATON-PLAN-CONTRACT 25 phases[2].steps[0]"]);
    expect(problems[0]?.message).toContain("without `verify`: t-1, t-2");
  });

  test("contract in its own ring ahead of the others is for that ring, and still needs the hold", () => {
    const early = SOUND.replace(
      `      - ${migrate("switch")}\n`,
      `      - ${migrate("switch")}\n      - ${migrate("contract")}\n`,
    ).replace(/ {2}- id: contract\n[\s\S]*$/, "");
    expect(placed(problemsOf(releaseOf(early)))).toEqual([
      "BATON-PLAN-HOLD 20 phases[0].steps[3]",
      "BATON-PLAN-HOLD 20 phases[0].steps[3]",
    ]);
  });

  test("contract beside the switch and not behind it", () => {
    const beside = `${SOUND}  - id: late
    after: [hold]
    steps:
      - ${migrate("switch").replace("id: switch", "id: late-switch")}
`;
    const text = releaseOf(beside.replace(`      - ${migrate("switch")}\n`, ""));
    const codes = problemsOf(text).map(({ code }) => code);
    expect(codes).toEqual(["BATON-PLAN-STAGE", "BATON-PLAN-CONTRACT"]);
  });
});

describe("a version is not stopped under anybody", () => {
  const shifts = (percent: number, rest = "") => `  - id: ring
    each: rings
    steps:
      - { id: shift, kind: traffic.shift, each: tenants, with: { service: api, percent: ${percent} } }
${rest}  - id: gone
    steps:
      - { id: retire, kind: service.retire, with: { service: api } }
`;

  test("all moved: nothing to say", () => {
    expect(problemsOf(releaseOf(shifts(100)))).toEqual([]);
  });

  test("some requests still go there", () => {
    const problems = problemsOf(releaseOf(shifts(99)));
    expect(placed(problems)).toEqual(["BATON-PLAN-RETIRE 20 phases[1].steps[0]"]);
    expect(problems[0]?.message).toContain("still answers t-1, t-2.");
  });

  test("moved beside it and not before it", () => {
    const text = releaseOf(shifts(100)).replace("- id: gone\n", "- id: gone\n    after: []\n");
    expect(placed(problemsOf(text))).toEqual(["BATON-PLAN-RETIRE 21 phases[1].steps[0]"]);
  });
});

test("stages out of order", () => {
  const swapped = SOUND.replace(migrate("expand"), "EXPAND")
    .replace(migrate("verify"), migrate("expand"))
    .replace("EXPAND", migrate("verify"));
  const problems = problemsOf(releaseOf(swapped));
  expect(new Set(placed(problems))).toEqual(new Set(["BATON-PLAN-STAGE 17 phases[0].steps[0]"]));
});

test("a cycle that shows only when the rings are known is refused with its path", () => {
  const text = releaseOf(`  - id: ring
    each: rings
    steps:
      - { id: a, kind: gate.bake, with: { seconds: 1 } }
      - { id: b, kind: gate.bake, after: [beside.x], with: { seconds: 1 } }
  - id: beside
    after: []
    steps:
      - { id: x, kind: gate.bake, after: [ring.a], with: { seconds: 1 } }
`);
  const problems = problemsOf(text);
  expect(placed(problems)).toHaveLength(1);
  expect(problems[0]?.code).toBe("BATON-PLAN-CYCLE");
  expect(problems[0]?.message).toMatch(/: (\S+) -> .*beside\.x.* -> \1\.$/);
  expect([18, 22]).toContain(problems[0]?.where?.line);
});

describe("what is observed", () => {
  test("a migration without a folder is placed at its name", () => {
    const migrations = { reshape: { path: "releases/R2/migrations/reshape", digest: null } };
    const problems = problemsOf(releaseOf(SOUND), { migrations });
    expect(placed(problems)).toEqual(["BATON-RELEASE-MIGRATION 12 migrations.reshape"]);
    expect(problems[0]?.message).toContain("releases/R2/migrations/reshape");
    expect(placed(problemsOf(releaseOf(SOUND), { migrations: {} }))).toEqual([
      "BATON-RELEASE-MIGRATION 12 migrations.reshape",
    ]);
  });

  test("a tenant in a ring the platform does not have, and one listed twice", () => {
    const observed = {
      tenants: [tenant("t-1", "first"), tenant("t-1", "first"), tenant("t-9", "secnd")],
      services: { api: "1.0.0" },
    };
    const problems = problemsOf(releaseOf(SOUND), { observed });
    expect(problems.map(({ code }) => code)).toEqual(["BATON-PLAN-TENANT", "BATON-PLAN-RING"]);
    expect(problems[1]?.remedy).toContain("Did you mean `second`?");
  });

  test("a first release, a service the platform does not have, a port of another, a template that names nothing", () => {
    const text = releaseOf(SOUND, "author: ana")
      .replace("http: 9101", "http: 9002")
      .replace("health: {", `env: { TOKEN: "\${secret.tokn}", PEER: "\${service.edge.url}" }\n    health: {`)
      .replace(
        "migrations:\n",
        "  ghost: { version: 1.0.0, command: [x], health: { path: / } }\nmigrations:\n",
      );
    expect(placed(problemsOf(text))).toEqual([
      "BATON-RELEASE-FROM 1 from",
      "BATON-RELEASE-PORT 9 services.api.ports.http",
      "BATON-TEMPLATE-NAME 10 services.api.env.TOKEN",
      "BATON-RELEASE-SERVICE 12 services.ghost",
    ]);
  });

  test("nothing in service to move away from", () => {
    const shift = `  - id: ring
    each: rings
    steps:
      - { id: shift, kind: traffic.shift, each: tenants, with: { service: api, percent: 10 } }
`;
    const observed = { tenants: [tenant("t-1", "first")], services: {} };
    expect(placed(problemsOf(releaseOf(shift), { observed }))).toEqual([
      "BATON-RELEASE-PRESENT 17 phases[0].steps[0].with.service",
    ]);
  });

  test("a phase named like a ring, and two phases that repeat", () => {
    const text = releaseOf(`${SOUND.replaceAll("id: hold", "id: second")}  - id: again
    each: rings
    after: [second]
    steps:
      - { id: wait, kind: gate.bake, with: { seconds: 1 } }
`);
    const codes = problemsOf(text).map(({ code, where }) => `${code} ${where?.line}`);
    expect(codes).toEqual(["BATON-RELEASE-DUPLICATE 20", "BATON-RELEASE-DUPLICATE 28"]);
  });
});

test("budgets that the estimates break are named with both figures", () => {
  const slow = releaseOf(SOUND, "from: R1\nbudgets: { windowMinutes: 1, rollbackMinutes: 0.001 }").replace(
    "stage: expand } }",
    "stage: expand }, seconds: 120 }",
  );
  const problems = problemsOf(slow);
  expect(placed(problems)).toEqual([
    "BATON-PLAN-WINDOW 3 budgets.windowMinutes",
    "BATON-PLAN-ROLLBACK 3 budgets.rollbackMinutes",
  ]);
  expect(problems[0]?.message).toBe("Up to the hold the plan takes about 5 min; the window is 1 min.");
});

const REVERSIBLE = {
  reshape: { path: "releases/R2/migrations/reshape", digest: sha256("files"), reversible: true },
};

test("a contract that can be taken back still stands behind a hold, and has a budget of its own behind it", () => {
  const open = releaseOf(SOUND.replace("    hold: true\n", ""));
  expect(problemsOf(open, { migrations: REVERSIBLE }).map(({ code, message }) => [code, message])).toEqual([
    [
      "BATON-PLAN-HOLD",
      "`contract.contract` (contract reshape) is slow to take back, and no hold stands before it.",
    ],
  ]);
  const tight = releaseOf(SOUND, "from: R1\nbudgets: { rollbackAfterHoldMinutes: 0.01 }");
  expect(placed(problemsOf(tight))).toEqual([]);
  expect(placed(problemsOf(tight, { migrations: REVERSIBLE }))).toEqual([
    "BATON-PLAN-ROLLBACK 3 budgets.rollbackAfterHoldMinutes",
  ]);
});

test("all at once: what is wrong with the file, with the world and with the proof", () => {
  const observed = {
    tenants: [tenant("t-9", "nowhere"), tenant("t-1", "first")],
    services: { api: "1.0.0" },
  };
  const text = releaseOf(SOUND.replace("    hold: true\n", "")).replace("http: 9101", "http: 9002");
  const codes = problemsOf(text, { observed, migrations: {} }).map(({ code }) => code);
  expect(codes.sort()).toEqual([
    "BATON-PLAN-HOLD",
    "BATON-PLAN-RING",
    "BATON-RELEASE-MIGRATION",
    "BATON-RELEASE-PORT",
  ]);
});
