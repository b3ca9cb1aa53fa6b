import { expect, test } from "vitest";
import { type Halfway, hasLeft, leftoverVersions } from "./halfway.ts";

const halfway: Halfway = {
  routes: {
    api: { a: { "2.0.0": 100 }, b: { "1.0.0": 0, "2.0.0": 100 } },
    edge: { a: { "1.0.0": 1, "1.1.0": 99 }, b: { "1.1.0": 100 } },
  },
  running: { api: ["2.0.0", "1.0.0", "2.0.0"] },
};

test("a version is left when it is routed and no tenant has a share there", () => {
  expect(hasLeft(halfway, "api", "1.0.0")).toBe(true);
  expect(hasLeft(halfway, "api", "2.0.0")).toBe(false);
  expect(hasLeft(halfway, "edge", "1.0.0")).toBe(false);
  // What nothing routes may be used in other ways.
  expect(hasLeft(halfway, "jobs", "1.0.0")).toBe(false);
});

test("leftovers are what runs beside the versions that are known, each once", () => {
  expect(leftoverVersions(halfway, "api", "1.0.0", "2.0.1")).toEqual(["2.0.0"]);
  expect(leftoverVersions(halfway, "jobs", "1.0.0")).toEqual([]);
  expect(leftoverVersions(undefined, "api")).toEqual([]);
});
