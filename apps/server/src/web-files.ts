import { stat } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { renderPage } from "./access/page.ts";
import type { Fallback } from "./api/unknown-routes.ts";

/** Paths that belong to the API and to sign-in: nothing there is a page of the web interface. */
const NOT_PAGES = /^\/(v1|auth|identity|health|ready|metrics)(\/|$|\?)/;
/** What Vite names by its content never changes. */
const HASHED = /^assets\//;

const NOT_BUILT = renderPage({
  title: "The web interface is not built",
  body: "<p>The server works, and so does its API. For the pages run <code>npm run build</code> in the checkout, then start the server again.</p>",
});

/** Whether a browser asks for an address of the web interface. */
const isPage = ({ method, headers, url }: FastifyRequest): boolean =>
  method === "GET" && headers.accept?.includes("text/html") === true && !NOT_PAGES.test(url);

/**
 * Serves the web interface's built files, compressed ahead of time where they are, and its first page for every address of it. Where
 * they are not built its addresses say so; without a folder for them nothing is served.
 */
export async function webFiles(app: FastifyInstance, root: string | null): Promise<Fallback> {
  const there = root !== null && (await stat(join(root, "index.html")).catch(() => null))?.isFile() === true;
  if (root === null) return () => false;
  if (!there)
    return (request, reply) => {
      if (!isPage(request)) return false;
      void reply.code(503).type("text/html; charset=utf-8").send(NOT_BUILT);
      return true;
    };
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
    if (!isPage(request)) return false;
    void reply.sendFile("index.html");
    return true;
  };
}
