import { stat } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { Fallback } from "./api/unknown-routes.ts";

/** Paths that belong to the API and to sign-in: nothing there is a page of the web interface. */
const NOT_PAGES = /^\/(v1|auth|identity|health|ready|metrics)(\/|$|\?)/;
/** What Vite names by its content never changes. */
const HASHED = /^assets\//;

/**
 * Serves the web interface's built files, compressed ahead of time where they are, and its first page for every address of it. Without
 * the files nothing is served.
 */
export async function webFiles(app: FastifyInstance, root: string | null): Promise<Fallback> {
  const there = root !== null && (await stat(join(root, "index.html")).catch(() => null))?.isFile() === true;
  if (root === null || !there) return () => false;
  await app.register(fastifyStatic, {
    root,
    wildcard: false,
    index: ["index.html"],
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const hashed = HASHED.test(path.slice(root.length + 1).replaceAll("\\", "/"));
      reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  return (request, reply) => {
    const wantsPage = request.method === "GET" && request.headers.accept?.includes("text/html") === true;
    if (!wantsPage || NOT_PAGES.test(request.url)) return false;
    void reply.sendFile("index.html");
    return true;
  };
}
