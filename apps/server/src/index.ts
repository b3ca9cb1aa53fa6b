export { AccessError, refuse } from "./access/access-error.ts";
export { configuredProvider } from "./access/configured-provider.ts";
export { type AccessOptions, DEFAULT_LIMITS, type ExternalProvider, type Limits } from "./access/options.ts";
export { access } from "./access/plugin.ts";
export { publicUrlProblem } from "./access/public-url.ts";
export { loggedRequest } from "./access/request-log.ts";
export { type ServeOptions, type Serving, serve } from "./serve.ts";
