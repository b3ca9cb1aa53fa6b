import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { openBrowser, type Theme, type Visit, visit, type Width } from "./browser.ts";
import type { Scenario } from "./stand-in/scenario.ts";
import { StandIn } from "./stand-in/stand-in.ts";

/** A browser for a file of tests, and what each test opened in it, closed after it. */
export interface House {
  /** A stand-in server with this scenario. */
  serve(scenario: Scenario): Promise<StandIn>;
  look(theme?: Theme, width?: Width): Promise<Visit>;
}

/**
 * Sets a file of tests up. After each test nothing may be left that does not fit: no fault of the stand-in, and nothing the page
 * complained of, but for what a test expects by name.
 */
export function house(): House {
  const open: { readonly visits: Visit[]; readonly servers: StandIn[] } = { visits: [], servers: [] };
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    const faults = open.servers.flatMap((server) => server.faults);
    for (const { context } of open.visits.splice(0)) await context.close();
    for (const server of open.servers.splice(0)) await server.stop();
    expect(faults).toEqual([]);
  });
  return {
    async serve(scenario) {
      const server = await StandIn.start(scenario, inject("site"));
      open.servers.push(server);
      return server;
    },
    async look(theme = "light", width = 1280) {
      const made = await visit(browser, theme, width);
      open.visits.push(made);
      return made;
    },
  };
}
