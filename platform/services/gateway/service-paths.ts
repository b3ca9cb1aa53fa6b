/** Which service answers which paths: the first segment after `/v1/`. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ["tenants", "platform-api"],
  ["settings", "platform-api"],
  ["bundles", "platform-api"],
  ["prompts", "platform-api"],
]);

/** The service behind a request target; undefined where none is. */
export function serviceOf(target: string): string | undefined {
  const segment = /^\/v1\/([a-z-]+)(?=[/?]|$)/.exec(target)?.[1];
  return segment === undefined ? undefined : SERVICES.get(segment);
}
