import type { Plan } from "@baton/core";
import { expect, test } from "vitest";
import { renderPlan } from "./plan.ts";
import { renderStandings } from "./standings.ts";
import { samplePlan } from "./testing/sample.ts";
import { columns } from "./text.ts";

const RUN = "r2-20261121-a1b2c3";
const hotfix: Plan = {
  ...samplePlan,
  supersedes: RUN,
  assumptions: [
    {
      subject: "routes:platform-api",
      value: [
        { weights: { "2.0.0": 100 }, tenants: ["aster"] },
        { weights: { "1.0.0": 50, "2.0.0": 50 }, tenants: ["birch", "cedar"] },
      ],
      text: "",
    },
    {
      subject: "running:gateway",
      value: ["1.1.0"],
      text: "gateway was found running in 1.1.0, which stays.",
    },
    { subject: `superseded:${RUN}`, value: ["internal.expand/aster"], text: "" },
  ],
};
const PLAIN = { width: 100, color: false };

test("a plan that supersedes says of each tenant where it goes, what is in place and what is left, alike ones together", () => {
  expect(renderStandings(hotfix, PLAIN)).toEqual([
    `What ${RUN} left, as seen just now; a rollback comes back to exactly this`,
    "  aster (internal) goes to platform-api 2.0.0",
    "    in place: expand; 3 steps left: expand, backfill, plaintext",
    "  birch and cedar (pilot) go to platform-api 1.0.0 50 %, 2.0.0 50 %",
    "    nothing in place; 3 steps left: expand, backfill, plaintext",
    "  gateway was found running in 1.1.0, which stays.",
    "",
  ]);
  expect(renderPlan(hotfix, PLAIN)).toEqual(expect.arrayContaining([...renderStandings(hotfix, PLAIN)]));
  for (const line of renderStandings(hotfix, { width: 40, color: false }))
    expect(columns(line)).toBeLessThanOrEqual(40);
});

test("a plan that supersedes nothing says nothing of it", () => {
  expect(renderStandings(samplePlan, PLAIN)).toEqual([]);
});
