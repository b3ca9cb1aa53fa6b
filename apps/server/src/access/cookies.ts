import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";

/** A cookie of this server, that no script can read and no other server's page can send along. */
export interface Cookie {
  of(request: FastifyRequest): string | null;
  set(reply: FastifyReply, value: string, seconds: number): void;
  clear(reply: FastifyReply): void;
}

/**
 * A cookie by its purpose. Over https its name begins with `__Host-`, which browsers take from this very host only. Over
 * http (this machine alone) cookies are shared by all ports, so the port is in the name.
 */
export function cookie(purpose: string, publicUrl: () => string): Cookie {
  const make = (): { readonly name: string; readonly options: CookieSerializeOptions } => {
    const { protocol, port } = new URL(publicUrl());
    const secure = protocol === "https:";
    const name = secure ? `__Host-baton-${purpose}` : `baton-${purpose}-${port || "80"}`;
    return { name, options: { path: "/", httpOnly: true, sameSite: "lax", secure } };
  };
  return {
    of: (request) => request.cookies[make().name] ?? null,
    set: (reply, value, seconds) => {
      const { name, options } = make();
      reply.setCookie(name, value, { ...options, maxAge: seconds });
    },
    clear: (reply) => {
      const { name, options } = make();
      reply.clearCookie(name, options);
    },
  };
}
