/** Performs one restore in a process of its own, so that it can be killed. */
import { TenantsRestoreInput } from "@baton/core";
import { tenantsRestore } from "../src/tenants-restore/performer.ts";
import { openBackups } from "./backup-place.ts";
import { contextOf, makeRoutes } from "./routes.ts";
import { planOf } from "./tenants-migrate/fixture.ts";

const [root, url, before] = process.argv.slice(2);
if (root === undefined || url === undefined || before === undefined) throw new Error("three arguments");
const backups = await openBackups(root, url);
const context = contextOf({ ...makeRoutes("1.0.0").ports, backups }, planOf("none"), "t1");
const input = TenantsRestoreInput.parse({ backup: "before-r2", maintenance: true });
const done = await tenantsRestore().perform(input, JSON.parse(before), "k", context);
if (!done.ok) throw new Error(JSON.stringify(done.problems));
