import fc from "fast-check";
import { expect, test } from "vitest";
import { returnPath } from "./return-path.ts";

const HERE = "https://baton.test";

test.each(["/", "/runs/r1?tab=steps#x", "/a/b%20c", "/@evil.test", "/:evil.test"])(
  "%s is a path of ours",
  (path) => {
    expect(returnPath(path)).toBe(path);
  },
);

test.each([
  ...["https://evil.test/", "//evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/\n/evil.test"],
  ...["javascript:alert(1)", "http:evil.test", "/x/..//evil.test", "/.//evil.test", "/a\r\nset-cookie:b=c"],
  ...["evil.test", "", " /x", "/x y", `/${"a".repeat(3_000)}`, "/\u0000", "/\u0085/evil.test"],
])("%j leads to the start page", (path) => {
  expect(returnPath(path)).toBe("/");
});

test("what is no text leads to the start page", () => {
  for (const asked of [undefined, null, 5, ["//evil.test"], { a: 1 }]) expect(returnPath(asked)).toBe("/");
});

test("whatever is asked, a browser stays with this server and the header on one line", () => {
  const sly = fc
    .array(
      fc.constantFrom(
        "/",
        "\\",
        ".",
        "..",
        ":",
        "@",
        "\t",
        "\n",
        "\r",
        "%2f",
        "?",
        "#",
        "evil.test",
        "http:",
      ),
      {
        maxLength: 8,
      },
    )
    .map((parts) => `/${parts.join("")}`);
  fc.assert(
    fc.property(fc.oneof(fc.string(), sly), (asked) => {
      const path = returnPath(asked);
      expect(new URL(path, HERE).origin).toBe(HERE);
      expect(path).toMatch(/^\/[!-~]*$/);
    }),
    { numRuns: 2_000 },
  );
});
