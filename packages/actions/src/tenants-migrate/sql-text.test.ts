import fc from "fast-check";
import { expect, test } from "vitest";
import { bindSql } from "./sql-text.ts";

const bind = (text: string, parameters: Record<string, string> = {}) => {
  const bound = bindSql(text, parameters, "x.sql");
  return bound.ok ? bound.value : bound.problems.map((problem) => problem.code);
};

test("parameters are filled in as literals and as identifiers, quoted", () => {
  expect(bind(`grant x to :"role"`, { role: 'a"b' })).toBe(`grant x to "a""b"`);
  expect(bind("select :'text'", { text: "it's" })).toBe("select 'it''s'");
});

test("nothing is filled in inside quotes, comments, dollar quotes and casts", () => {
  const text = `select ':''a''', ":x", $$ :'a' $$, $q$ :"a" $q$, b::"char" -- :'a'\n /* :'a' */`;
  expect(bind(text, { a: "no", x: "no", char: "no" })).toBe(text);
});

test("an unknown parameter and a transaction statement are refused, all at once", () => {
  expect(bind("begin; select :'nowhere'; commit;")).toEqual([
    "BATON-MIGRATION-TRANSACTION",
    "BATON-MIGRATION-PARAMETER",
    "BATON-MIGRATION-TRANSACTION",
  ]);
  expect(bind("-- first\n/* then */ COMMIT")).toEqual(["BATON-MIGRATION-TRANSACTION"]);
  expect(bind("do $$ begin null; end $$; select 1")).toBe("do $$ begin null; end $$; select 1");
  expect(bind("select 1 as start, 'commit'")).toBe("select 1 as start, 'commit'");
});

test("text without parameters comes out as it went in, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const bound = bindSql(text, {}, "x.sql");
      if (bound.ok) expect(bound.value).toBe(text);
    }),
  );
});

test("a filled-in value never ends its quotes", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const bound = bind(`:"a"`, { a: value });
      expect(typeof bound === "string" && bound.slice(1, -1).replaceAll('""', "").includes('"')).toBe(false);
    }),
  );
});
