import type { Route } from "./route/route.ts";
import { accessRoutes } from "./routes/access.ts";
import { actionRoutes } from "./routes/actions.ts";
import { auditRoutes } from "./routes/audit.ts";
import { environmentRoutes } from "./routes/environments.ts";
import { operationRoutes } from "./routes/operation.ts";
import { releaseRoutes } from "./routes/releases.ts";
import { runRoutes } from "./routes/runs.ts";
import { serviceRoutes } from "./routes/service.ts";
import { tenantRoutes } from "./routes/tenants.ts";

/** Every route of the API by its name. A route that is not here cannot exist. */
export const routes = {
  ...environmentRoutes,
  ...releaseRoutes,
  ...runRoutes,
  ...actionRoutes,
  ...tenantRoutes,
  ...auditRoutes,
  ...operationRoutes,
  ...accessRoutes,
  ...serviceRoutes,
} satisfies Readonly<Record<string, Route>>;
export type Routes = typeof routes;
