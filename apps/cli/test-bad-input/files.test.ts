import { describe, expect, test } from "vitest";
import { aPlace, codesIn, type Place, problemsOf, type Said } from "./place.ts";

const R1 = "releases/R1/release.yaml";
const R2 = "releases/R2/release.yaml";

/** Each place of a problem as `file:line`, without the folders above the platform. */
const places = ({ stderr }: Said): readonly string[] =>
  [...stderr.matchAll(/(\S*?)((?:platform|releases\/R\d\/release)\.yaml(?::\d+)?)/g)].map(
    ([, , place]) => place ?? "",
  );

/** Runs a command on a place; nothing may come of it but problems. */
async function refusedOn(place: Place, args: readonly string[]): Promise<Said> {
  const said = await place.baton(args);
  expect(said.code, said.all).toBe(3);
  expect(await place.processes()).toEqual([]);
  expect(await place.state()).toEqual([]);
  return said;
}

/** The same on a place of its own, spoiled by `spoil`. */
async function refused(spoil: (place: Place) => Promise<void>): Promise<Said> {
  const place = await aPlace();
  try {
    await spoil(place);
    return await refusedOn(place, ["plan", "R2"]);
  } finally {
    await place.end();
  }
}

describe("one fault in a file: code, place, remedy", () => {
  test("an unknown field, with the one that was meant", async () => {
    const said = await refused((place) =>
      place.edit(R2, (t) => t.replace("channel: Preview", "chanel: Preview")),
    );
    expect(said.all).toContain("`chanel` is not a field of the file");
    expect(said.all).toContain("Did you mean `channel`?");
    expect(codesIn(said)).toEqual(["BATON-RELEASE-FIELD", "BATON-RELEASE-FIELD"]); // unknown, and the right one missing
    expect(places(said)).toContain(`${R2}:5`);
  });

  test("a cycle of steps, with its path", async () => {
    const said = await refused((place) =>
      place.edit(R2, (t) => t.replace("id: key-service, ", "id: key-service, after: [healthy], ")),
    );
    expect(codesIn(said)).toEqual(["BATON-PLAN-CYCLE"]);
    expect(said.all).toContain("prepare.key-service -> prepare.healthy -> ");
    expect(places(said)).toHaveLength(1);
  });

  test("a cycle of services, with its path", async () => {
    const said = await refused((place) =>
      place.edit("platform.yaml", (t) => t.replace("ports: { http: 8090 }", "$&\n    dependsOn: [gateway]")),
    );
    expect(codesIn(said)).toEqual(["BATON-PLAN-CYCLE"]);
    expect(said.all).toContain("identity -> gateway -> identity");
    expect(places(said)[0]).toMatch(/^platform\.yaml:\d+$/);
  });

  test("a step for a service that the release does not bring", async () => {
    const said = await refused((place) =>
      place.edit(R2, (t) => t.replace("with: { service: platform-api }", "with: { service: platform-apy }")),
    );
    expect(codesIn(said)).toEqual(["BATON-RELEASE-SERVICE"]);
    expect(said.all).toContain("`platform-api`?");
  });

  test("a service that the platform does not have, and a template that names one", async () => {
    const said = await refused(async (place) => {
      await place.edit(R1, (t) => t.replace("  gateway:\n", "  gatewey:\n"));
      await place.edit(R2, (t) => t.replace("${service.identity.url}", "${service.identty.url}"));
    });
    expect(codesIn(said)).toEqual(["BATON-RELEASE-SERVICE", "BATON-TEMPLATE-NAME"]);
    expect(said.all).toContain("`gateway`?");
    expect(said.all).toContain("`identity`?");
  });

  test("an unknown step kind, with the nearest one", async () => {
    const said = await refused((place) =>
      place.edit(R2, (t) => t.replace("kind: keys.create", "kind: keys.creat")),
    );
    expect(codesIn(said)).toEqual(["BATON-RELEASE-KIND"]);
    expect(said.all).toContain("Did you mean `keys.create`?");
  });

  test("text that is no YAML", async () => {
    const said = await refused((place) => place.edit(R2, (t) => t.replace("phases:", "phases: [")));
    expect(new Set(codesIn(said))).toEqual(new Set(["BATON-YAML-SYNTAX"]));
    expect(places(said)[0]).toMatch(/^releases\/R2\/release\.yaml:\d+$/);
  });

  test("a version that is not in service before, and none of its own", async () => {
    const said = await refused((place) =>
      place.edit(R2, (t) =>
        t.replace("${service.platform-api@2.0.0.url}", "${service.platform-api@1.5.0.url}"),
      ),
    );
    expect(codesIn(said)).toEqual(["BATON-TEMPLATE-NAME"]);
    expect(said.all).toContain("1.0.0");
  });

  test("a migration whose folder is not there, and one whose file is wrong", async () => {
    const said = await refused((place) =>
      place.edit(R2, (t) => t.replace("migrations/encrypt-prompts", "migrations/encrypt-prompt")),
    );
    expect(codesIn(said)).toEqual(["BATON-RELEASE-MIGRATION"]);
  });

  test("releases that follow each other in a circle, or one that is not there", async () => {
    const circle = await refused((place) =>
      place.edit(R1, (t) => t.replace("release: R1", "release: R1\nfrom: R2")),
    );
    expect(codesIn(circle)).toEqual(["BATON-RELEASE-CYCLE"]);
    const unknown = await refused((place) => place.edit(R2, (t) => t.replace("from: R1", "from: R0")));
    expect(codesIn(unknown)).toEqual(["BATON-RELEASE-UNKNOWN"]);
    expect(unknown.all).toContain("Known releases: R1, R2.");
    expect(places(unknown)).toEqual([`${R2}:3`]);
  });

  test("a release that stands in two files", async () => {
    const said = await refused((place) => place.edit(R1, (t) => t.replace("release: R1", "release: R2")));
    expect(codesIn(said)).toEqual(["BATON-RELEASE-DUPLICATE", "BATON-RELEASE-UNKNOWN"]);
    expect(said.all).toContain("here and in ");
  });
});

test("faults of several files come all at once, from whatever command, as words and as JSON", async () => {
  const place = await aPlace();
  try {
    await place.edit("platform.yaml", (t) =>
      t.replace("ports: { http: 8090 }", "$&\n    dependsOn: [gateway]\n    colour: red"),
    );
    await place.edit(R1, (t) => t.replace("health: { path: /health }", "health: { path: /health, each: 1 }"));
    await place.edit(R2, (t) =>
      t
        .replace("channel: Preview", "channel: Preview\nchanel: x")
        .replace("id: key-service, ", "id: key-service, after: [healthy], ")
        .replace("kind: keys.create", "kind: keys.creat")
        .replace("with: { service: platform-api }", "with: { service: platform-apy }")
        .replace("${secret.keys-platform-api}", "${secret.keys-platform}"),
    );
    const expected = [
      "BATON-PLAN-CYCLE",
      "BATON-PLATFORM-FIELD",
      "BATON-RELEASE-FIELD",
      "BATON-RELEASE-FIELD",
      "BATON-TEMPLATE-NAME",
      "BATON-PLAN-CYCLE",
      "BATON-RELEASE-KIND",
      "BATON-RELEASE-SERVICE",
    ];
    // A fault in R2's file is a fault also where R1 is meant: what cannot be read cannot be planned around.
    for (const args of [["plan", "R1"], ["run", "R2", "--yes"], ["up"], ["start", "--yes", "--exit"]])
      expect(codesIn(await refusedOn(place, args)), args.join(" ")).toEqual(expected);
    const told = problemsOf(await refusedOn(place, ["up", "--json"]));
    expect(told.map(({ code }) => code)).toEqual(expected);
    for (const { where, remedy, message } of told) {
      expect(where).toMatchObject({
        file: expect.any(String),
        line: expect.any(Number),
        column: expect.any(Number),
      });
      expect(`${message} ${remedy}`).not.toContain("undefined");
    }
  } finally {
    await place.end();
  }
});

test("a folder without a platform", async () => {
  const place = await aPlace();
  try {
    const said = await refusedOn(place, ["up", "--platform", "no-such-folder"]);
    expect(codesIn(said)).toEqual(["BATON-PLATFORM-MISSING"]);
    expect(said.all).toContain("--platform");
  } finally {
    await place.end();
  }
});
