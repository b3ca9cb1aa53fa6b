import { expect, test } from "vitest";
import { house } from "./house.ts";
import type { Scenario } from "./stand-in/scenario.ts";
import { underWay } from "./stand-in/scenarios.ts";

const { serve, look } = house();
const runPath = (scenario: Scenario) => `/e/local/run/${scenario.current.history.run}`;

test("what is journaled comes to the page by itself", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  await page.getByText("6 of 8 tenants").first().waitFor();
  await page.locator(".journal-item").first().waitFor();
  await standIn.advance(40);
  const last = standIn.scenario.current.position;
  await expect
    .poll(() => page.locator(".journal-item .journal-position").first().textContent())
    .toBe(String(last));
  await expect.poll(() => page.getByText("6 of 8 tenants").count()).toBe(0);
});

test("a lost stream is said, nothing stays green, and after it came back no event is missing", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  await page.locator(".journal-item").first().waitFor();
  const greens = () => page.locator('main [data-mark="done"]').count();
  await expect.poll(greens).toBeGreaterThan(0);
  standIn.cutStreams();
  await page.getByText("The connection to the run is lost.").waitFor();
  await expect.poll(greens).toBe(0);
  // While nobody hears it, the run goes on.
  await standIn.advance(60);
  standIn.openStreams();
  await expect.poll(() => page.getByText("The connection to the run is lost.").count()).toBe(0);
  await expect.poll(greens).toBeGreaterThan(0);
  const wanted = standIn.scenario.eventsOf(standIn.scenario.current.history.run).length;
  await expect.poll(() => page.locator(".journal-count").textContent()).toContain(`${wanted} events`);
});

test("the journal's database gone is said on every page, and everything counts as unknown until it is back", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  await page.locator(".journal-item").first().waitFor();
  standIn.setDatabaseGone(true);
  await page.getByText("The journal's database cannot be reached.").waitFor();
  await expect.poll(() => page.locator('[data-mark="done"]').count()).toBe(0);
  await page.getByRole("link", { name: "Today", exact: true }).click();
  await page.getByText("The journal's database cannot be reached.").waitFor();
  await expect.poll(() => page.locator('[data-mark="done"]').count()).toBe(0);
  standIn.setDatabaseGone(false);
  await expect.poll(() => page.getByText("The journal's database cannot be reached.").count()).toBe(0);
  await expect.poll(() => page.locator('[data-mark="done"]').count()).toBeGreaterThan(0);
});

test("the server gone is said, and the page goes on by itself when it is back", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}/e/local/today`);
  await page.getByText("requests, 0 failed").waitFor();
  await page.route("**/v1/**", (route) => route.abort());
  await page.getByText("The server does not answer.").waitFor();
  await expect.poll(() => page.locator('[data-mark="done"]').count()).toBe(0);
  await page.unroute("**/v1/**");
  await expect.poll(() => page.getByText("The server does not answer.").count()).toBe(0);
});
