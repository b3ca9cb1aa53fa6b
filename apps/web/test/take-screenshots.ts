/**
 * Takes a picture of every page in both themes and both widths, out of the stand-in's run, into docs/images/web-*.png. Into a folder
 * that is named go those of every moment worth a look, or of those whose name holds a text. Usage: npm run screenshots [-- FOLDER [NAME]]
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { openBrowser, THEMES, type Theme, visit, WIDTHS, type Width } from "./browser.ts";
import { builtSite } from "./built-site.ts";
import { StandIn } from "./stand-in/stand-in.ts";
import { VIEWS, type View } from "./views.ts";

const [, , named, only] = process.argv;
const folder = named ?? join(import.meta.dirname, "../../../docs/images");
const wanted = ({ name, documented }: View): boolean =>
  named === undefined ? documented === true : only === undefined || name.includes(only);

async function take(
  browser: Browser,
  standIn: StandIn,
  view: View,
  theme: Theme,
  width: Width,
): Promise<void> {
  const { context, page, said } = await visit(browser, theme, width);
  await page.goto(`${standIn.url}${view.path(standIn.scenario)}`);
  await view.ready(page);
  await page.screenshot({
    path: join(folder, `web-${view.name}-${width}-${theme}.png`),
    fullPage: view.whole === true && width > 390,
  });
  for (const line of said) console.error(`${view.name} ${theme} ${width}: ${line}`);
  await context.close();
}

await mkdir(folder, { recursive: true });
const site = await builtSite();
const browser = await openBrowser();
for (const view of VIEWS.filter(wanted)) {
  const standIn = await StandIn.start(await view.scenario(), site);
  for (const theme of THEMES) for (const width of WIDTHS) await take(browser, standIn, view, theme, width);
  for (const fault of standIn.faults) console.error(`${view.name}: ${fault}`);
  await standIn.stop();
  console.log(`${view.name}: ${THEMES.length * WIDTHS.length} pictures`);
}
await browser.close();
