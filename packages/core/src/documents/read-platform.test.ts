import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Problem } from "../problem.ts";
import { readPlatform } from "./read-platform.ts";

const SOUND = `platform: sample
title: Sample
secrets: [token]
databases: { shared: sample_shared }
services:
  api:
    title: API
    ports: { http: 9001 }
  edge:
    title: Edge
    ports: { http: 9002, admin: 9003 }
    dependsOn: [api]
tenants:
  query: { database: shared, sql: select 1 }
  rings: [first, second]
traffic: { adapter: gateway-http, url: "\${service.edge.admin.url}", tokenSecret: token }
workload: { command: [main.ts], port: 9004, env: { URL: "\${service.edge.url}" } }
`;

function problemsOf(changes: Readonly<Record<number, string>>): readonly Problem[] {
  const lines = SOUND.split("\n").map((line, index) => changes[index + 1] ?? line);
  const read = readPlatform(lines.join("\n"), "platform.yaml");
  return read.ok ? [] : read.problems;
}

const placed = (problems: readonly Problem[]) =>
  problems.map(({ code, where }) => `${code} ${where?.line}:${where?.column} ${where?.path ?? ""}`);

test("the platform of this repository is read", async () => {
  const text = await readFile(join(import.meta.dirname, "../../../../platform/platform.yaml"), "utf8");
  const read = readPlatform(text, "platform.yaml");
  expect(read.ok ? [] : read.problems).toEqual([]);
});

test("the sound platform is read with its defaults", () => {
  const read = readPlatform(SOUND, "platform.yaml");
  expect(read).toMatchObject({
    ok: true,
    value: { document: { environment: "local", keys: { tokens: {} } } },
  });
});

test.each([
  ["backups: { keep: 0, days: 14 }", "backups.keep"],
  ["backups: { keep: 3, days: 0 }", "backups.days"],
  ["backups: { keep: 2.5, days: 14 }", "backups.keep"],
  ["backups: { keep: 3 }", "backups.days"],
  ["backups: { keep: 3, days: 14, weeks: 2 }", "backups.weeks"],
  ["backups: 14", "backups"],
  ["logs: { megabytes: 0 }", "logs.megabytes"],
])("a policy of upkeep that says nothing sensible is refused with its place: %s", (line, path) => {
  const problems = problemsOf({ 18: line });
  expect(problems).toHaveLength(1);
  expect(placed(problems)[0]).toMatch(new RegExp(`^BATON-PLATFORM-\\w+ 18:\\d+ ${path}$`));
});

test("a port given twice is refused, the workload's too (M072)", () => {
  const problems = problemsOf({
    11: "    ports: { http: 9001, admin: 9003 }",
    17: "workload: { command: [x], port: 9003 }",
  });
  expect(placed(problems)).toEqual([
    "BATON-PLATFORM-PORT 11:20 services.edge.ports.http",
    "BATON-PLATFORM-PORT 17:33 workload.port",
  ]);
  expect(problems[0]?.message).toBe(
    "Port 9001 is given twice: here and at `services.api.ports.http` (line 8).",
  );
});

test("a cycle of services is refused with its path printed (M075)", () => {
  const problems = problemsOf({ 8: "    ports: { http: 9001 }\n    dependsOn: [edge]" });
  expect(placed(problems)).toEqual(["BATON-PLAN-CYCLE 9:5 services.api.dependsOn"]);
  expect(problems[0]?.message).toBe("Services depend on each other in a ring: api -> edge -> api.");
});

test("names that are nowhere: a service, a secret, a database, a ring given twice, templates", () => {
  const problems = problemsOf({
    12: "    dependsOn: [apy]",
    14: "  query: { database: share, sql: select 1 }",
    15: "  rings: [first, first]",
    16: `traffic: { adapter: gateway-http, url: "\${service.edge.admn.url}", tokenSecret: tokn }`,
    17: `workload: { command: [x], port: 9004, env: { URL: "\${service.edg.url}", S: "\${secret.none}", X: "\${what}" } }`,
  });
  expect(placed(problems)).toEqual([
    "BATON-PLATFORM-NAME 12:17 services.edge.dependsOn[0]",
    "BATON-PLATFORM-NAME 14:22 tenants.query.database",
    "BATON-PLATFORM-RING 15:18 tenants.rings[1]",
    "BATON-TEMPLATE-NAME 16:40 traffic.url",
    "BATON-PLATFORM-NAME 16:81 traffic.tokenSecret",
    "BATON-TEMPLATE-NAME 17:51 workload.env.URL",
    "BATON-TEMPLATE-NAME 17:76 workload.env.S",
    "BATON-TEMPLATE-NAME 17:97 workload.env.X",
  ]);
  expect(problems[0]?.remedy).toBe("Did you mean `api`? Known services: api, edge.");
});

test("fields: unknown, missing, of the wrong sort, a name that cannot be used; with what the rules find, at once", () => {
  const problems = problemsOf({
    2: "titel: Sample",
    6: "  Api:",
    11: "    ports: { http: 9004, admin: ninety }",
  });
  expect(placed(problems)).toEqual([
    "BATON-PLATFORM-FIELD 1:1 title",
    "BATON-PLATFORM-FIELD 2:1 titel",
    "BATON-PLATFORM-FIELD 6:3 services.Api",
    "BATON-PLATFORM-FIELD 11:33 services.edge.ports.admin",
    "BATON-PLATFORM-PORT 17:39 workload.port",
  ]);
  expect(problems.map(({ message }) => message)).toEqual([
    "`title` is missing.",
    "`titel` is not a field of the file.",
    "`services.Api` has a name that cannot be used.",
    '`services.edge.ports.admin` is "ninety"; it must be a number.',
    "Port 9004 is given twice: here and at `services.edge.ports.http` (line 11).",
  ]);
});
