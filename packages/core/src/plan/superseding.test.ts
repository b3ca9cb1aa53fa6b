import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "@baton/testkit/arbitraries/index";
import { beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../actions/catalogue.ts";
import { readPlatform } from "../documents/read-platform.ts";
import { readRelease } from "../documents/read-release.ts";
import type { Plan } from "../model/plan.ts";
import type { Tenant } from "../model/tenant.ts";
import { ProblemError, type Result } from "../problem.ts";
import { type CompileInput, compilePlan } from "./compile.ts";
import { standingsOf } from "./standings.ts";

const platformFolder = join(import.meta.dirname, "../../../../platform");
const ringOf = (index: number) => (index === 0 ? "internal" : index < 4 ? "pilot" : "general");
const tenants: Tenant[] = Array.from({ length: 12 }, (_, index) => ({
  id: `t-${String(index).padStart(2, "0")}`,
  ring: ringOf(index),
  database: `dcoder_t_${index}`,
  host: "local",
}));

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(...result.problems);
  return result.value;
}

let input: CompileInput;
let plan: Plan;

beforeAll(async () => {
  const platform = unwrap(
    readPlatform(await readFile(join(platformFolder, "platform.yaml"), "utf8"), "platform.yaml"),
  );
  const text = await readFile(join(platformFolder, "releases/R2/release.yaml"), "utf8");
  const release = unwrap(readRelease(text, "releases/R2/release.yaml"));
  input = {
    platform: platform.document,
    release: release.document,
    places: release.places,
    observed: { tenants, services: { identity: "1.0.0", "platform-api": "1.0.0", gateway: "1.0.0" } },
    migrations: {
      "encrypt-prompts": { path: "releases/R2/migrations/encrypt-prompts", digest: sha256("files") },
    },
    catalogue,
    sha256,
  };
  plan = unwrap(compilePlan(input));
});

describe("R2 again, over a run that stopped half-way", () => {
  const settled = new Set([
    ...["expand", "dual-write", "canary", "backfill"].map((id) => `internal.${id}/t-00`),
    ...["t-01", "t-02", "t-03"].map((tenant) => `pilot.expand/${tenant}`),
  ]);
  const superseding = { run: "r2-20261121-a1b2c3", settled, routes: {}, running: {} };

  test("does only what is left, waits through what is gone, and says so", () => {
    const again = unwrap(compilePlan({ ...input, superseding }));
    expect(again.supersedes).toBe(superseding.run);
    const ids = again.steps.map(({ id }) => id);
    for (const id of ["internal.expand", "internal.backfill", "pilot.expand"]) expect(ids).not.toContain(id);
    for (const one of again.steps) for (const before of one.after) expect(ids).toContain(before);
    expect(again.steps.find(({ id }) => id === "internal.drain")?.after).toEqual(["prepare.healthy"]);
    expect(again.phases.flatMap((phase) => phase.steps)).toEqual(ids);
    const value = again.assumptions.at(-1)?.value;
    expect(value).toEqual([...settled]);
    expect(again.hash).not.toBe(plan.hash);
  });

  const half = { "1.0.0": 50, "2.0.0": 50 };
  const routes = {
    "platform-api": Object.fromEntries(
      tenants.map(({ id, ring }) => [
        id,
        ring === "internal" ? { "2.0.0": 100 } : ring === "pilot" ? half : { "1.0.0": 100 },
      ]),
    ),
  };
  const running = { "platform-api": ["1.0.0", "1.9.0", "2.0.0"], gateway: ["1.0.0", "1.1.0"] };
  /** The mended release: it follows R1 as R2 does, and brings yet another version. */
  const hotfix = (change: Partial<CompileInput> = {}) =>
    compilePlan({
      ...input,
      release: {
        ...input.release,
        release: "R2.1",
        services: { "platform-api": { ...input.release.services["platform-api"], version: "2.0.1" } },
        phases: input.release.phases.map((phase) => ({
          ...phase,
          steps: phase.steps.filter((one) => one.kind !== "check.http"),
        })),
      } as CompileInput["release"],
      superseding: { ...superseding, routes, running },
      ...change,
    });

  test("a version of its own: each tenant goes from where it was found, and only that is written into the steps", () => {
    const again = unwrap(hotfix());
    const shift = (id: string) => again.steps.find((one) => one.id === id)?.input;
    expect(shift("internal.drain")).toMatchObject({
      from: "1.0.0",
      to: "2.0.1",
      observed: { "t-00": { "2.0.0": 100 } },
    });
    expect(shift("pilot.canary")).toMatchObject({ observed: { "t-01": half, "t-02": half, "t-03": half } });
    expect(shift("general.canary")).not.toHaveProperty("observed");
  });

  test("retires what the stopped run left, ahead of the version before, and says what stays", () => {
    const again = unwrap(hotfix());
    const retires = again.steps.filter(({ kind }) => kind === "service.retire");
    expect(retires.map(({ id, input: { version }, after }) => [id, version, after])).toEqual([
      ["contract.retire-1.9.0", "1.9.0", ["contract.plaintext"]],
      ["contract.retire-2.0.0", "2.0.0", ["contract.plaintext"]],
      ["contract.retire", "1.0.0", ["contract.retire-1.9.0", "contract.retire-2.0.0"]],
    ]);
    const texts = again.assumptions.map(({ text }) => text);
    expect(texts).toContain(
      "Tenants were found at platform-api 2.0.0: t-00; platform-api 1.0.0 50 %, 2.0.0 50 %: t-01, t-02 and t-03; platform-api 1.0.0: t-04, t-05, t-06, t-07 and 4 more.",
    );
    expect(texts).toContain("gateway was found running in 1.1.0, which stays.");
  });

  test("says of each tenant what is there and what is left, alike ones together", () => {
    expect(standingsOf(plan)).toEqual([]);
    const standings = standingsOf(unwrap(hotfix()));
    expect(standings.map(({ ring, tenants: who }) => [ring, who.length])).toEqual([
      ["internal", 1],
      ["pilot", 3],
      ["general", 8],
    ]);
    expect(standings[1]).toMatchObject({
      goTo: ["platform-api 1.0.0 50 %, 2.0.0 50 %"],
      inPlace: ["expand"],
      left: expect.arrayContaining(["dual-write", "canary", "drain", "plaintext"]),
    });
  });

  test("a version before the release that runs no more is no longer called in service", () => {
    const gone = { ...superseding, routes: {}, running: { "platform-api": ["2.0.0"] } };
    const subject = unwrap(hotfix({ superseding: gone })).assumptions.find(
      (one) => one.subject === "service:platform-api",
    );
    expect(subject?.text).toBe("platform-api 1.0.0 was in service and runs no more.");
  });

  test("tenants that go to a version the release neither brings nor moves them from are refused, all at once", () => {
    const strange = { ...routes, gateway: { "t-00": { "1.1.0": 100 }, "t-01": { "1.0.0": 100 } } };
    const refused = hotfix({ superseding: { ...superseding, routes: strange, running } });
    expect(refused.ok ? [] : refused.problems).toMatchObject([
      {
        code: "BATON-PLAN-ROUTED",
        message: "t-00 goes to gateway 1.1.0, from where R2.1 moves nobody.",
        details: { service: "gateway", tenants: ["t-00"] },
      },
    ]);
  });

  test("where tenants were seen is not written by hand", () => {
    const shift = catalogue.get("traffic.shift");
    const written = {
      ...{ service: "platform-api", percent: 50, drainSeconds: 0 },
      observed: { "t-00": { "2.0.0": 100 } },
    };
    const context = { release: input.release, present: input.observed.services, path: "with" };
    expect(shift?.check(written, context).map(({ code, where }) => [code, where?.path])).toEqual([
      ["BATON-RELEASE-FIELD", "with.observed"],
    ]);
  });

  test("is proved for the whole way: nothing is refused for what was done before", () => {
    const moved = new Set(tenants.flatMap(({ id, ring }) => [`${ring}.drain/${id}`, `${ring}.canary/${id}`]));
    const again = unwrap(compilePlan({ ...input, superseding: { ...superseding, settled: moved } }));
    expect(again.steps.some(({ kind }) => kind === "service.retire")).toBe(true);
  });
});
