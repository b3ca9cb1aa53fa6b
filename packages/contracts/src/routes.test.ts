import { expect, test } from "vitest";
import { openApiOf } from "./openapi/openapi.ts";
import type { Route } from "./route/route.ts";
import { routes } from "./routes.ts";

const all: readonly Route[] = Object.values(routes);

test("a route has one name, one path and method, and the params that its path has", () => {
  expect(all.length).toBeGreaterThan(40);
  expect(Object.entries(routes).filter(([key, { name }]) => key !== name)).toEqual([]);
  const places = all.map(({ method, path }) => `${method} ${path}`);
  expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
  for (const { name, path, params } of all) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param);
    expect(Object.keys(params.shape).sort(), name).toEqual(inPath.sort());
  }
});

test("what changes something asks for more than sign-in, and what needs a right names its environment", () => {
  for (const { name, method, needs, path } of all) {
    if (method === "POST") expect(["view", "operate", "approve", "administer"], name).toContain(needs);
    if (needs !== "nothing" && needs !== "sign-in")
      expect(path, name).toMatch(/^\/v1\/environments\/\{environment\}(\/|$)/);
  }
  const open = all.filter(({ needs }) => needs === "nothing").map(({ name }) => name);
  expect(open.sort()).toEqual(["getHealth", "getOpenApi", "getReady", "getReference", "getReferenceStyle"]);
});

test("OpenAPI: every reference leads to a shape, and every operation says how it is refused", () => {
  const described = openApiOf(all, { version: "0.1.0", description: "Baton." });
  const text = JSON.stringify(described);
  const shapes = (described as { components: { schemas: Record<string, unknown> } }).components.schemas;
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(Object.keys(shapes)).toContain(name);
  expect(text).not.toContain("$defs");
  expect(text).not.toContain("__schema");
  expect(Object.keys(shapes)).toContain("Run");
  for (const item of Object.values((described as { paths: Record<string, object> }).paths))
    for (const operation of Object.values(item) as { responses: Record<string, unknown> }[]) {
      expect(Object.keys(operation.responses)).toContain("400");
      expect(Object.keys(operation.responses)).toContain("default");
    }
});
