import { expect, it } from "vitest";
import { CHROMIUM, hasChromium, needsChromium } from "./chromium.ts";

const why = hasChromium()
  ? ""
  : ` (skipped: ${CHROMIUM} is not installed; BATON_TEST_CHROMIUM=required makes that a failure)`;

it.skipIf(!hasChromium() && !needsChromium())(
  `a browser drives the pages in the tests of apps/web${why}`,
  () => {
    expect(hasChromium()).toBe(true);
  },
);
