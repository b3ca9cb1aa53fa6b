import { expect, test } from "vitest";
import { house } from "./house.ts";
import type { Scenario } from "./stand-in/scenario.ts";
import { underWay } from "./stand-in/scenarios.ts";

const { serve, look } = house();

async function verdictOf(scenario: Scenario): Promise<string> {
  const standIn = await serve(scenario);
  const { page } = await look();
  await page.goto(`${standIn.url}/e/local/audit`);
  await page.getByRole("button", { name: "Verify in this browser" }).click();
  const side = page.locator(".verify-side").first();
  await side.locator(".verify-verdict").waitFor();
  return (await side.textContent()) ?? "";
}

test("the browser itself finds a sound journal sound, signatures and anchor included", async () => {
  const said = await verdictOf(await underWay());
  expect(said).toContain("All of it is as it was signed.");
});

test("the browser itself finds one changed word of one event, and names the event", async () => {
  const scenario = await underWay();
  scenario.tamper = (lines) =>
    lines.map((line) => (line.includes('"run.approved"') ? line.replace("Maya Lind", "Mallory") : line));
  const said = await verdictOf(scenario);
  expect(said).toContain("It is not as it was written.");
  expect(said).toMatch(/Stream run\/r2-20261126-1\/control was changed at event 1 \(run\.approved\)/);
});

test("a cut end, a removed event and a forged signature are found too", async () => {
  const cut = await underWay();
  cut.tamper = (lines) => [...lines.slice(0, -20), lines.at(-1) ?? ""];
  expect(await verdictOf(cut)).toContain("BATON-AUDIT-CUT");
  const removed = await underWay();
  removed.tamper = (lines) => lines.filter((line) => !line.includes('"run.started"'));
  expect(await verdictOf(removed)).toContain("BATON-AUDIT-REMOVED");
  const forged = await underWay();
  forged.tamper = (lines) =>
    lines.map((line) =>
      line.includes('"kind":"statement"') ? line.replace(/"signature":"..../, '"signature":"AAAA') : line,
    );
  expect(await verdictOf(forged)).toContain("BATON-AUDIT-SIGNATURE");
});

test("with nothing signed nobody can say, and it is not called sound", async () => {
  const scenario = await underWay();
  scenario.tamper = (lines) => {
    const events = lines.filter((line) => line.includes('"kind":"event"'));
    const head = lines[0] ?? "";
    return [head, ...events, JSON.stringify({ kind: "end", events: events.length, statements: 0 })];
  };
  const said = await verdictOf(scenario);
  expect(said).not.toContain("All of it is as it was signed.");
});
