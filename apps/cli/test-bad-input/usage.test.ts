import { expect, test } from "vitest";
import { aPlace, codesIn, jsonOf, problemsOf } from "./place.ts";

test("what is no command, option or argument: exit 2 with a hint, and nothing is made", async () => {
  const place = await aPlace();
  try {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["staus"], /unknown command 'staus'[\s\S]*status/],
      [["audit", "verfy"], /unknown command 'verfy'[\s\S]*verify/],
      [["up", "--jsn"], /unknown option '--jsn'[\s\S]*--json/],
      [["plan"], /missing required argument 'release'/],
      [["plan", "R2", "R3"], /too many arguments/],
      [["pause"], /required option '--reason <text>' not specified/],
      [["abort", "--reason", " "], /argument ' ' is invalid[\s\S]*Say it in words/],
      [["retry", "a.b", "c.d"], /too many arguments/],
      [["run", "R2", "--rng", "pilot"], /unknown option '--rng'[\s\S]*--ring/],
      [["skip", "a.b"], /required option '--reason <text>' not specified/],
      [["done", "a.b"], /required option '--evidence <text>' not specified/],
    ];
    for (const [args, hint] of cases) {
      const said = await place.baton(args);
      expect(said.code, args.join(" ")).toBe(2);
      expect(said.all).toMatch(hint);
      expect(said.all).toContain("--help");
      expect(said.stdout).toBe("");
    }
    expect((await place.baton(["--help"])).code).toBe(0);
    expect(await place.state()).toEqual([]);
  } finally {
    await place.end();
  }
});

test("commands before `up` say that nothing runs, and what starts it", async () => {
  const place = await aPlace();
  try {
    const before = [
      ["plan", "R2"],
      ["run", "R2", "--yes"],
      ["rollback", "--yes"],
      ["explain"],
      ["pause", "--reason", "lunch"],
      ["resume"],
      ["retry"],
      ["emergency-stop", "--reason", "fire"],
      ["watch"],
      ["audit", "verify"],
    ];
    const ended = await Promise.all(before.map((args) => place.baton(args)));
    for (const [at, said] of ended.entries()) {
      const args = before[at] ?? [];
      expect(said.code, args.join(" ")).toBe(1);
      expect(codesIn(said)).toEqual(["BATON-PLATFORM-DOWN"]);
      expect(said.all).toContain("npx baton up");
    }
    const json = await place.baton(["plan", "R2", "--json"]);
    expect(problemsOf(json).map(({ code }) => code)).toEqual(["BATON-PLATFORM-DOWN"]);
    const status = await place.baton(["status", "--json"]);
    expect(status.code).toBe(0);
    expect(jsonOf(status)).toMatchObject({ up: false, run: null });
    expect((await place.baton(["down"])).code).toBe(0);
    expect((await place.baton(["doctor"])).code).toBeLessThan(2);
    expect(await place.state()).toEqual([]);
    expect(await place.processes()).toEqual([]);
  } finally {
    await place.end();
  }
});

test("a release that is not there is refused before anything starts, with those that are", async () => {
  const place = await aPlace();
  try {
    const said = await place.baton(["start", "--release", "R9", "--yes", "--exit"]);
    expect(said.code).toBe(3);
    expect(codesIn(said)).toEqual(["BATON-RELEASE-UNKNOWN"]);
    expect(said.all).toContain("Known releases: R1, R2.");
    expect(await place.state()).toEqual([]);
    expect(await place.processes()).toEqual([]);
  } finally {
    await place.end();
  }
});

test("a reader that leaves early is no fault of Baton's", async () => {
  const place = await aPlace();
  try {
    const said = await place.deaf(["doctor"]);
    expect(said.stderr).not.toContain("EPIPE");
    expect(said.code).toBeLessThan(2);
  } finally {
    await place.end();
  }
});
