import { CHROMIUM } from "@baton/testkit/chromium";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** A browser with a fresh profile that asks nobody outside for anything. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** A desk and a phone. */
export const WIDTHS = [1280, 390] as const;
export type Width = (typeof WIDTHS)[number];

const HEIGHTS: Readonly<Record<Width, number>> = { 1280: 860, 390: 844 };

/** A page of a fresh profile, with what it said on its console. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors and warnings of the page, and what it could not load. */
  readonly said: string[];
}

export async function visit(browser: Browser, theme: Theme, width: Width): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height: HEIGHTS[width] },
    deviceScaleFactor: 1,
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
  // Bounds, not expectations: a machine that is busy is slow and nothing worse.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const said: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(String(error)));
  return { context, page, said };
}
