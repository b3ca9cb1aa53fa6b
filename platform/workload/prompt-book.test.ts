import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "./bodies.ts";
import { PromptBook } from "./prompt-book.ts";

interface Turn {
  readonly change: "amend" | "version";
  /** What became of the write: kept and acknowledged, kept and unanswered, or dropped unanswered. */
  readonly fate: "acknowledged" | "silent" | "dropped";
}

const turns = fc.array(
  fc.record<Turn>({
    change: fc.constantFrom("amend", "version"),
    fate: fc.constantFrom("acknowledged", "acknowledged", "silent", "dropped"),
  }),
  { maxLength: 20 },
);

/** Plays writes against a store that keeps what it says, and tells the book what a client would learn. */
function play(all: readonly Turn[]): { book: PromptBook; store: string[] } {
  const book = new PromptBook();
  const store = [digestOf("first")];
  const create = {
    seq: 1,
    tenant: "t",
    change: "create",
    prompt: null,
    version: null,
    digest: store[0] ?? "",
  } as const;
  book.acknowledge(create, "p", 1);
  for (const [at, { change, fate }] of all.entries()) {
    const digest = digestOf(`body ${at}`);
    const newest = book.newest("p") ?? 0;
    const version = change === "amend" ? newest : newest + 1;
    const intent = { seq: at + 2, tenant: "t", change, prompt: "p", version, digest };
    book.begin(intent);
    if (fate === "dropped") continue;
    if (change === "amend") store[store.length - 1] = digest;
    else store.push(digest);
    if (fate === "silent") continue;
    expect(book.expects(intent, store.length)).toBe(true);
    book.acknowledge(intent, "p", store.length);
  }
  return { book, store };
}

test("law: a platform that keeps what it acknowledged is never accused, whatever was left unanswered", () => {
  fc.assert(
    fc.property(turns, (all) => {
      const { book, store } = play(all);
      expect(book.judgeNewest("p", store.length, store.at(-1) ?? "")).toBeNull();
      for (const version of book.acknowledgedVersions("p")) {
        expect(book.judgeVersion("p", version, store[version - 1] ?? null)).toBeNull();
      }
    }),
  );
});

test("law: an acknowledged version that is gone, or holds what was never sent, is found", () => {
  fc.assert(
    fc.property(turns, (all) => {
      const { book } = play(all);
      for (const version of book.acknowledgedVersions("p")) {
        expect(book.judgeVersion("p", version, null)).toMatch(/gone/);
        expect(book.judgeVersion("p", version, digestOf("foreign"))).toMatch(/wrong body/);
      }
    }),
  );
});

test("an older acknowledged body in place of the newest one is a loss", () => {
  const { book } = play([
    { change: "amend", fate: "acknowledged" },
    { change: "amend", fate: "acknowledged" },
  ]);
  expect(book.judgeNewest("p", 1, digestOf("body 1"))).toBeNull();
  expect(book.judgeNewest("p", 1, digestOf("body 0"))).toMatch(/wrong body/);
});

test("a prompt with an unanswered write rests, and is written again later", () => {
  const { book } = play([]);
  const intent = {
    seq: 9,
    tenant: "t",
    change: "amend",
    prompt: "p",
    version: 1,
    digest: digestOf("x"),
  } as const;
  book.begin(intent);
  book.leave(intent, 1000);
  expect(book.allowedChange("p", "amend", 2000)).toBeNull();
  expect(book.allowedChange("p", "amend", 1_000_000)).toBe("amend");
});
