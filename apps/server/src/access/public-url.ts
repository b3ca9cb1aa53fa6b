import type { Problem } from "@baton/core";

/** Whether an address is of this machine only. */
export const isLoopback = (url: URL): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);

/**
 * Why people cannot sign in at an address, `BATON-ACCESS-PUBLIC-URL`; null where they can. In clear they can on this machine
 * alone, and the built-in provider is for this machine alone.
 */
export function publicUrlProblem(publicUrl: string, builtIn: boolean): Problem | null {
  const refuse = (message: string, remedy: string): Problem => ({
    code: "BATON-ACCESS-PUBLIC-URL",
    message,
    remedy,
    details: { publicUrl },
  });
  if (!URL.canParse(publicUrl) || !/^https?:$/.test(new URL(publicUrl).protocol))
    return refuse(`${publicUrl} is no address of a server.`, "Write it as https://baton.example.com.");
  const url = new URL(publicUrl);
  if (url.pathname !== "/" || url.search !== "" || url.username !== "")
    return refuse(
      `${url.origin} has to be all of the server's address.`,
      "Leave out what stands behind the host.",
    );
  if (url.protocol === "http:" && !isLoopback(url))
    return refuse(
      `At ${url.origin} sessions and tokens would go over the wire in clear.`,
      "Put a proxy with TLS in front, and name its https address with --public-url.",
    );
  if (builtIn && !isLoopback(url))
    return refuse(
      `The built-in identity provider is for one machine, and ${url.origin} is reached from others.`,
      "Name a provider under `identity` in platform.yaml: see docs/guides/sign-in.md.",
    );
  return null;
}
