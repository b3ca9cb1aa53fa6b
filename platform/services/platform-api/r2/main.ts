// R2 of the platform API: prompts are sealed, tenant by tenant, as far as each tenant's migration has come.
import { environment } from "../../../shared/environment.ts";
import { createVault } from "../../../shared/vault/vault.ts";
import { servePlatformApi } from "../core/serve.ts";
import { sealedBodies } from "./sealed-bodies.ts";

const env = environment(["TRANSIT_URL", "TRANSIT_TOKEN"]);
const vault = createVault({ transitUrl: env.TRANSIT_URL, token: env.TRANSIT_TOKEN });
await servePlatformApi("r2", sealedBodies(vault));
