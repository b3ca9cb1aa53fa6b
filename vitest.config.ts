import { defineConfig } from "vitest/config";

/** Tests that bring whole platforms up, as a user would. One file at a time, after the others: each needs the machine. */
const LIVE = ["apps/cli/test/**/*.test.ts", "apps/cli/test-bad-input/**/*.test.ts"];

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
          exclude: ["**/node_modules/**", "**/dist/**", ...LIVE],
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "live",
          include: LIVE,
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
