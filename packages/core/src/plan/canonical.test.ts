import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical.ts";

test("keys stand in the order of their UTF-16 code units, at every depth, without blanks", () => {
  expect(
    canonicalJson({ b: [{ z: 1, "": 2 }], a: null, "\u20ac": 1, A: true, "\ud83d\ude00": 2, "\ufb33": 3 }),
  ).toBe('{"A":true,"a":null,"b":[{"":2,"z":1}],"\u20ac":1,"\ud83d\ude00":2,"\ufb33":3}');
});

test("numbers and texts are written as ECMAScript writes them", () => {
  expect(canonicalJson([-0, 1e21, 1e-7, 0.1, Number("333333333.33333329"), '\u000f\n"\\/\u20ac'])).toBe(
    '[0,1e+21,1e-7,0.1,333333333.3333333,"\\u000f\\n\\"\\\\/\u20ac"]',
  );
});

test.each([
  ["NaN", Number.NaN],
  ["an infinity", Number.POSITIVE_INFINITY],
  ["undefined", undefined],
  ["a function", () => 1],
  ["a big integer", 1n],
  ["a map", new Map()],
  ["a broken text", "\ud800"],
])("%s is refused, with its path", (_, value) => {
  expect(() => canonicalJson({ a: [0, value] })).toThrow(/BATON-CANONICAL-VALUE \$\.a\[1\]/);
});

test("a hole in a list is refused and not skipped", () => {
  expect(() => canonicalJson(Array(1))).toThrow(/BATON-CANONICAL-VALUE/);
});

test("what it writes is JSON of the same value, and the same text again", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
