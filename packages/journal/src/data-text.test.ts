import type { Json } from "@baton/core";
import { canonicalJson } from "@baton/core/plan/canonical";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataText } from "./data-text.ts";

describe("the text of data", () => {
  it("is core's canonical JSON, and the same again after it was read back (property)", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = dataText(value as Json);
        expect(text).toBe(canonicalJson(value));
        expect(dataText(JSON.parse(text) as Json)).toBe(text);
      }),
    );
  });

  it("is core's canonical JSON also of what it had to mend", () => {
    const broken = fc.array(fc.constantFrom("a", "\ud83d", "\udc00", "\ue000", "\uffff", "\n"), {
      maxLength: 3,
    });
    const text = broken.map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        expect(canonicalJson(JSON.parse(dataText(value)))).toBe(dataText(value));
      }),
    );
    expect(dataText({ b: Number.NaN, a: "\ud83d" })).toBe('{"a":"\ufffd","b":null}');
  });
});
