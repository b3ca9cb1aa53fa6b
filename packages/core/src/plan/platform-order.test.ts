import { platforms } from "@baton/testkit/arbitraries/index";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Platform } from "../model/platform.ts";
import { platformOrder } from "./platform-order.ts";

/** A platform of services with what each depends on. */
const platformOf = (services: Readonly<Record<string, readonly string[]>>): Platform =>
  Platform.parse({
    platform: "sample",
    title: "Sample",
    databases: { shared: "shared" },
    secrets: ["token"],
    services: Object.fromEntries(
      Object.entries(services).map(([name, dependsOn]) => [
        name,
        { title: name, ports: { http: 1 }, dependsOn },
      ]),
    ),
    tenants: { query: { database: "shared", sql: "select 1" }, rings: ["all"] },
    traffic: { adapter: "gateway-http", url: "http://edge", tokenSecret: "token" },
  });

test("services start after what they depend on, and those that can start together are shown together (M160, M202)", () => {
  const order = platformOrder(
    platformOf({
      gateway: ["identity", "platform-api"],
      "platform-api": ["identity"],
      identity: [],
      llmops: [],
    }),
  );
  expect(order).toEqual({
    ok: true,
    value: {
      order: ["identity", "llmops", "platform-api", "gateway"],
      waves: [["identity", "llmops"], ["platform-api"], ["gateway"]],
    },
  });
});

test("a choice of services keeps their order through those left out", () => {
  const order = platformOrder(platformOf({ c: ["b"], b: ["a"], a: [] }), ["c", "a"]);
  expect(order).toEqual({ ok: true, value: { order: ["a", "c"], waves: [["a"], ["c"]] } });
});

test("a cycle is refused with its path printed (M075)", () => {
  const order = platformOrder(platformOf({ a: ["b"], b: ["c"], c: ["a"], d: ["a"] }));
  expect(order).toMatchObject({
    ok: false,
    problems: [
      { code: "BATON-PLAN-CYCLE", message: "Services depend on each other in a ring: a -> b -> c -> a." },
    ],
  });
});

test("for every platform: no service before one it depends on, and all of them once (M160)", () => {
  fc.assert(
    fc.property(platforms(), (platform) => {
      const result = platformOrder(platform);
      const order = result.ok ? result.value.order : [];
      expect([...order].sort()).toEqual(Object.keys(platform.services).sort());
      for (const [service, { dependsOn }] of Object.entries(platform.services)) {
        for (const before of dependsOn) expect(order.indexOf(before)).toBeLessThan(order.indexOf(service));
      }
    }),
  );
});
