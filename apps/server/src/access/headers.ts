import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** Headers on every answer: pages run our own scripts and styles alone, stand in no frame, and tell nobody else where they came from. */
export async function secureHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        imgSrc: ["'self'", "data:"],
      },
    },
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    frameguard: { action: "deny" },
    // Browsers take it over https only.
    hsts: { maxAge: 31_536_000, includeSubDomains: false },
    // Nobody else learns where somebody came from. With "no-referrer" browsers would send `Origin: null` with our own forms.
    referrerPolicy: { policy: "same-origin" },
  });
}
