import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { THEMES, WIDTHS } from "./browser.ts";
import { house } from "./house.ts";
import { VIEWS } from "./views.ts";

const { serve, look } = house();
const axe = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds that keeps somebody from using a page. */
async function seriousIssues(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const violations = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)",
  )) as readonly AxeViolation[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
    );
}

/** Wider than its window: somebody on a phone would have to push the page about. */
const overflow = (page: Page): Promise<unknown> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

const COMBINATIONS = WIDTHS.flatMap((width) => THEMES.map((theme) => ({ theme, width })));

test.each(VIEWS)(
  "$name: in both themes and widths the console is silent, it fits, and axe finds nothing serious",
  async (view) => {
    const standIn = await serve(await view.scenario());
    const { page, said } = await look();
    await page.goto(`${standIn.url}${view.path(standIn.scenario)}`);
    await view.ready(page);
    for (const { theme, width } of COMBINATIONS) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 860 });
      await expect.poll(() => page.locator(":root").getAttribute("data-theme")).toBe(theme);
      expect({ theme, width, issues: await seriousIssues(page), overflow: await overflow(page) }).toEqual({
        theme,
        width,
        issues: [],
        overflow: 0,
      });
    }
    expect(said).toEqual([]);
  },
);
