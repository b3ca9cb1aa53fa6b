import { createServer, type Server } from "node:net";
import { freePort } from "@baton/journal/embedded/port";
import { expect, test } from "vitest";
import { openPortBook } from "./port-book.ts";

const listening = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });

test("two supervisors that start at the same time never choose one port, though nothing listens on it yet", async () => {
  const wanted = await freePort();
  const chosen = await Promise.all(
    Array.from({ length: 8 }, () => openPortBook({}).choose("gateway/http", wanted)),
  );
  expect(new Set(chosen).size).toBe(8);
});

test("a choice is kept: asked again, and after it was written down and read by a later supervisor of the folder", async () => {
  const wanted = await freePort();
  const book = openPortBook({});
  const got = await book.choose("gateway/http", wanted);
  expect(await book.choose("gateway/http", wanted)).toBe(got);
  const later = openPortBook(book.entries());
  expect(await later.choose("gateway/http", wanted, true)).toBe(got);
});

test("a port that somebody listens on moves to a free one", async () => {
  const wanted = await freePort();
  const server = await listening(wanted);
  const book = openPortBook({});
  const got = await book.choose("gateway/http", wanted);
  expect(got).not.toBe(wanted);
  expect(book.entries()).toEqual({ "gateway/http": { wanted, got } });
  await new Promise((resolve) => server.close(resolve));
});
