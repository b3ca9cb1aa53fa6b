// R1 of the platform API: prompts are kept as they are written.
import { plainBodies } from "../core/plain-bodies.ts";
import { servePlatformApi } from "../core/serve.ts";

await servePlatformApi("r1", plainBodies);
