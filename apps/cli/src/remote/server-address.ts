import { failed, ok, type Result } from "@baton/core";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** A server's address as sign-ins are kept by it: its origin. `BATON-LOGIN-ADDRESS` where a token would go there in clear. */
export function serverAddress(typed: string): Result<string> {
  const url = URL.canParse(typed) ? new URL(typed) : null;
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.has(url.hostname));
  if (url !== null && safe && url.username === "" && url.pathname === "/" && url.search === "")
    return ok(url.origin);
  return failed({
    code: "BATON-LOGIN-ADDRESS",
    message: `${url?.origin === undefined || url.origin === "null" ? "This" : url.origin} is no address to sign in at.`,
    remedy:
      "Write https://HOST, or http://127.0.0.1:PORT for a server on this machine; without a path or a user.",
  });
}
