/** Base that no server has: a path that leads away from it leads away from us. */
const NOWHERE = "http://baton.invalid";

/**
 * Where somebody goes after they signed in: a path of this server, and the start page for anything else. What a browser would read
 * as another host (`//host`, `/\host`) is none, nor is anything with control characters or blanks.
 */
export function returnPath(asked: unknown): string {
  if (typeof asked !== "string" || !asked.startsWith("/") || asked.length > 2_000) return "/";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/^\/[/\\]|[\u0000-\u0020\u007f-\u009f\\]/.test(asked)) return "/";
  if (!URL.canParse(asked, NOWHERE)) return "/";
  const { origin, pathname, search, hash } = new URL(asked, NOWHERE);
  // A path whose dots are resolved may begin anew with two slashes.
  return origin === NOWHERE && !pathname.startsWith("//") ? `${pathname}${search}${hash}` : "/";
}
