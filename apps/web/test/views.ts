import type { Page } from "playwright-core";
import type { Scenario } from "./stand-in/scenario.ts";
import { atHold, rollingBack, succeeded, tenThousand, unapproved, underWay } from "./stand-in/scenarios.ts";

/** A page at a moment worth looking at. */
export interface View {
  readonly name: string;
  readonly scenario: () => Promise<Scenario>;
  readonly path: (scenario: Scenario) => string;
  /** Resolves when everything that belongs there is there. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** Whether its pictures stand in docs/images; the others are taken into a folder that is named. */
  readonly documented?: boolean;
  /** The whole page and not only what is in sight. */
  readonly whole?: boolean;
}

const E = "/e/local";
const runPath = (scenario: Scenario) => `${E}/run/${scenario.current.history.run}`;
const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole("heading", { name }).first().waitFor();

const runReady = async (page: Page) => {
  await page.locator("canvas[data-frames]").waitFor();
  await page.locator(".chart-plot canvas").first().waitFor();
  await page.locator(".journal-item").first().waitFor();
  await page.locator(".gantt-fact").first().waitFor();
};

/** Every page, each as it is looked at, drawn and checked. */
export const VIEWS: readonly View[] = [
  {
    name: "today",
    documented: true,
    scenario: underWay,
    path: () => `${E}/today`,
    ready: async (page) => {
      await page.getByText("requests, 0 failed").waitFor();
      await page.getByText("Way back").waitFor();
    },
  },
  { name: "today-after", scenario: succeeded, path: () => `${E}/today`, ready: heading(/Next: R3/) },
  {
    name: "releases",
    documented: true,
    scenario: succeeded,
    path: () => `${E}/releases`,
    ready: heading(/R4/),
  },
  {
    name: "plan",
    documented: true,
    scenario: underWay,
    path: () => `${E}/releases/R2`,
    ready: (page) => page.locator(".plan-card, .plan-list-step").first().waitFor(),
  },
  {
    name: "plan-step",
    scenario: unapproved,
    path: (scenario) => `${runPath(scenario)}/plan?step=pilot.backfill`,
    ready: heading("Waits for"),
  },
  {
    name: "compare",
    scenario: underWay,
    path: () => `${E}/releases/R2/compare?a=R2&b=R2`,
    ready: heading("The plan itself"),
  },
  { name: "run", documented: true, scenario: underWay, path: runPath, ready: runReady, whole: true },
  { name: "run-hold", scenario: atHold, path: runPath, ready: runReady },
  { name: "run-back", scenario: rollingBack, path: runPath, ready: runReady },
  {
    name: "run-approve",
    scenario: unapproved,
    path: runPath,
    ready: async (page) => {
      await page.getByRole("button", { name: /Approve plan/ }).click();
      await page.getByText("The run is told to approve.").waitFor();
    },
  },
  {
    name: "run-rollback",
    scenario: underWay,
    path: runPath,
    ready: async (page) => {
      await page.getByRole("button", { name: /Roll back to R1/ }).click();
      await page.getByText("Every acknowledged write stays readable.").waitFor();
    },
  },
  {
    name: "run-fleet",
    documented: true,
    scenario: tenThousand,
    path: runPath,
    ready: (page) => page.locator("canvas[data-frames]").waitFor(),
  },
  {
    name: "runs",
    scenario: underWay,
    path: () => `${E}/runs`,
    ready: (page) => page.getByText("rolled back").first().waitFor(),
  },
  {
    name: "fleet",
    documented: true,
    scenario: underWay,
    path: () => `${E}/fleet`,
    ready: (page) => page.getByText("t-acme").first().waitFor(),
  },
  {
    name: "fleet-tenant",
    scenario: underWay,
    path: () => `${E}/fleet?tenant=t-fjord`,
    ready: heading("Runs it was in"),
  },
  {
    name: "audit",
    documented: true,
    scenario: underWay,
    path: () => `${E}/audit`,
    ready: async (page) => {
      await page.locator(".event-row").first().waitFor();
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.locator(".verify-verdict").waitFor();
    },
  },
  { name: "settings", scenario: underWay, path: () => `${E}/settings`, ready: heading("local") },
  {
    name: "settings-people",
    documented: true,
    scenario: underWay,
    path: () => `${E}/settings?tab=people`,
    ready: (page) => page.getByText("Ana Reyes").first().waitFor(),
  },
  {
    name: "settings-tokens",
    scenario: underWay,
    path: () => `${E}/settings?tab=tokens`,
    ready: (page) => page.getByText("release pipeline").waitFor(),
  },
  {
    name: "settings-integrations",
    scenario: underWay,
    path: () => `${E}/settings?tab=integrations`,
    ready: async (page) => {
      await page.getByRole("button", { name: "Test it" }).first().click();
      await page.getByText("Asked for its health").waitFor();
    },
  },
  {
    name: "sign-in",
    documented: true,
    scenario: underWay,
    path: () => "/sign-in?return=/",
    ready: heading("Sign in to Baton"),
  },
  {
    name: "palette",
    scenario: underWay,
    path: () => `${E}/today`,
    ready: async (page) => {
      await page.getByText("requests, 0 failed").waitFor();
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("r2");
      await page.getByRole("option").first().waitFor();
    },
  },
];
