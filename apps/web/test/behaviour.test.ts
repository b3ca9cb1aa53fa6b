import { expect, test } from "vitest";
import { house } from "./house.ts";
import type { Scenario } from "./stand-in/scenario.ts";
import { hostileTexts, tenThousand, unapproved, underWay } from "./stand-in/scenarios.ts";

const { serve, look } = house();
const runPath = (scenario: Scenario) => `/e/local/run/${scenario.current.history.run}`;

test("the whole of it is worked with the keyboard alone: skip link, rail, palette, letters, a list's search", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}/e/local/today`);
  await page.getByText("requests, 0 failed").waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the page");
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Search or command" });
  await field.waitFor();
  await page.keyboard.type("fleet");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/fleet");
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.waitForURL("**/audit");
  await page.locator(".event-row").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("run.approved");
  await page.waitForURL("**text=run.approved**");
  await expect.poll(() => page.locator(".event-row").count()).toBe(2);
});

test("the palette leads to a tenant, and closes on Escape with the focus where it was", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}/e/local/releases`);
  await page.getByRole("heading", { name: "Releases" }).waitFor();
  const search = page.getByRole("button", { name: "Search or command" });
  await search.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("combobox").count()).toBe(0);
  expect(await page.evaluate("document.activeElement.textContent")).toContain("Search or command");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("t-fjord");
  await page.getByRole("option", { name: /t-fjord/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/fleet?tenant=t-fjord");
  await page.getByRole("dialog").getByText("Its host was").waitFor();
});

test("tenants are walked cell by cell, each told in words, and opened with Enter", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  const grid = page.getByRole("listbox", { name: /Tenants by ring/ });
  await grid.locator("canvas[data-frames]").waitFor();
  await grid.focus();
  const told = () => grid.getByRole("option").textContent();
  expect(await told()).toMatch(/^t-acme, ring internal, done/);
  await page.keyboard.press("ArrowDown");
  await expect.poll(told).toMatch(/^t-borealis, ring pilot/);
  await page.keyboard.press("End");
  await expect.poll(told).toMatch(/^t-lumen, ring general/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**tenant=t-lumen**");
  await page.getByRole("dialog").getByText("Its share of each step").waitFor();
});

test("text that people wrote is shown as text, whatever stands in it", async () => {
  const standIn = await serve(await hostileTexts());
  const { page, said } = await look();
  for (const path of [
    runPath(standIn.scenario),
    "/e/local/today",
    "/e/local/audit?text=onerror",
    "/e/local/runs",
    "/e/local/releases/R2",
  ]) {
    await page.goto(`${standIn.url}${path}`);
    await page.getByText("<script>").first().waitFor();
    expect(await page.title()).not.toBe("owned");
    expect(await page.locator("img").count()).toBe(0);
  }
  expect(said).toEqual([]);
});

test("a frame of ten thousand tenants draws what is in sight, and a change draws what has changed", async () => {
  const standIn = await serve(await tenThousand());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  const canvas = page.locator(".tenant-grid canvas");
  await page.locator("canvas[data-frames]").waitFor();
  const work = async () => ({
    last: Number(await canvas.getAttribute("data-last-frame")),
    frames: Number(await canvas.getAttribute("data-frames")),
    cells: Number(await canvas.getAttribute("data-cells")),
  });
  const first = await work();
  // 440 pixels of rows at 15 pixels, some 70 cells each: far from ten thousand.
  expect(first.last).toBeGreaterThan(100);
  expect(first.last).toBeLessThan(3_000);
  await expect.poll(() => page.getByText("10,000").count()).toBeGreaterThan(0);
  const before = await work();
  await standIn.advance(100);
  await expect.poll(async () => (await work()).frames).toBeGreaterThan(before.frames);
  const after = await work();
  // Fifty tenants began and ended: no more than these may be drawn, in however many frames.
  expect(after.cells - before.cells).toBeLessThanOrEqual(100);
});

test("a verb says what it will do before it does it, and is sent once with its reason and a key", async () => {
  const standIn = await serve(await underWay());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  await page.getByRole("button", { name: /Roll back to R1 — about/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Every acknowledged write stays readable.").waitFor();
  const confirm = dialog.getByRole("button", { name: /Roll back to R1/ });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel("Why").fill("p99 doubled");
  await confirm.click();
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  expect(standIn.sent).toEqual([{ name: "rollbackRun", body: { reason: "p99 doubled" } }]);
});

test("an approval carries the hash that was read", async () => {
  const standIn = await serve(await unapproved());
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}/plan`);
  await page.getByRole("button", { name: /Approve plan/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /Approve plan/ })
    .click();
  await expect
    .poll(() => standIn.sent)
    .toEqual([{ name: "approveRun", body: { planHash: standIn.scenario.current.index.plan.hash } }]);
});

test("whoever may only look is told what it needs, and cannot", async () => {
  const standIn = await serve(await underWay({ rights: ["view"] }));
  const { page } = await look();
  await page.goto(`${standIn.url}${runPath(standIn.scenario)}`);
  await page.getByRole("button", { name: "Pause" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("it needs the right to operate").waitFor();
  expect(await dialog.getByRole("button", { name: "Pause" }).isDisabled()).toBe(true);
  await page.goto(`${standIn.url}/e/local/settings?tab=people`);
  await page.getByText("Only administrators see this").waitFor();
});

test("whoever is not signed in is led to the door, and from there back", async () => {
  const standIn = await serve(await underWay());
  standIn.signedIn = false;
  const { page } = await look();
  await page.goto(`${standIn.url}/e/local/fleet?ring=pilot`);
  await page.waitForURL("**/sign-in**");
  const link = page.getByRole("link", { name: "Sign in with your provider" });
  expect(await link.getAttribute("href")).toBe(
    `/auth/login?return=${encodeURIComponent("/e/local/fleet?ring=pilot")}`,
  );
  await page.goto(`${standIn.url}/sign-in?return=${encodeURIComponent("//elsewhere.example/")}`);
  expect(await link.getAttribute("href")).toBe(`/auth/login?return=${encodeURIComponent("/")}`);
});
