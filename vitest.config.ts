import { defineConfig } from "vitest/config";
import { hasChromium } from "./packages/testkit/src/chromium.ts";
import { hasPostgres15 } from "./packages/testkit/src/postgres-15.ts";

/** Tests that bring whole platforms up, as a user would. One file at a time, after the others: each needs the machine. */
const LIVE = [
  "apps/cli/test/**/*.test.ts",
  "apps/cli/test-bad-input/**/*.test.ts",
  "apps/cli/test-faults/**/*.test.ts",
];

/** Tests that drive the pages in a browser. Some at a time: each file has a Chromium of its own. */
const WEB = ["apps/web/test/**/*.test.ts"];

/** The journal's conformance suite and the conductor's suite once more, on the oldest PostgreSQL that Baton works with. */
const ON_15 = [
  "packages/journal/src/postgres/postgres-journal.test.ts",
  "packages/conductor/test/**/*.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: [
            "packages/**/*.test.ts",
            "apps/**/*.test.ts",
            "platform/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "**/dist/**", ...LIVE, ...WEB],
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 0 },
        },
      },
      // Where it is not installed, packages/testkit/src/chromium.test.ts says so.
      ...(hasChromium()
        ? [
            {
              extends: true as const,
              test: {
                name: "web",
                include: WEB,
                globalSetup: ["apps/web/test/setup-site.ts"],
                maxWorkers: 2,
                testTimeout: 300_000,
                hookTimeout: 300_000,
                expect: { poll: { timeout: 120_000 } },
                sequence: { groupOrder: 1 },
              },
            },
          ]
        : []),
      // Where it is not installed, packages/testkit/src/postgres-15.test.ts says so.
      ...(hasPostgres15()
        ? [
            {
              extends: true as const,
              test: {
                name: "postgres-15",
                include: ON_15,
                globalSetup: ["packages/testkit/src/global-setup-15.ts"],
                env: { BATON_TEST_ON: "15" },
                maxWorkers: 2,
                testTimeout: 180_000,
                hookTimeout: 180_000,
                sequence: { groupOrder: 0 },
              },
            },
          ]
        : []),
      {
        extends: true,
        test: {
          name: "live",
          include: LIVE,
          maxWorkers: 1,
          testTimeout: 900_000,
          hookTimeout: 900_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
