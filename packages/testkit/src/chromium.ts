import { existsSync } from "node:fs";

/** The browser of the tests: Debian's; another machine names its own. */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Whether it is installed here. Where it is not, what needs it is skipped, unless `BATON_TEST_CHROMIUM` is `required`. */
export const hasChromium = (): boolean => existsSync(CHROMIUM);

/** Whether the absence of Chromium is a failure, as in CI. */
export const needsChromium = (): boolean => process.env.BATON_TEST_CHROMIUM === "required";
