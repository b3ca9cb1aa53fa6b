import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Where `vite` finds a server while pages are worked on: `baton serve`. */
const SERVER = process.env.BATON_SERVER ?? "http://127.0.0.1:7070";

/** What is worth compressing; fonts are already. */
const TEXTS = new Set([".html", ".js", ".css", ".svg"]);

/** Leaves a `.br` and a `.gz` beside each text, so that the server compresses nothing while somebody waits. */
function compressedAhead(): Plugin {
  let folder = "";
  return {
    name: "compressed-ahead",
    apply: "build",
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    async closeBundle() {
      const files = await readdir(folder, { recursive: true });
      await Promise.all(
        files
          .filter((file) => TEXTS.has(extname(file)))
          .map(async (file) => {
            const path = join(folder, file);
            const bytes = await readFile(path);
            await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes));
            await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
          }),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), compressedAhead()],
  build: {
    // Nothing inline: the server's content policy allows neither inline scripts nor data URLs for code.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: "es2023",
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: { "/v1": SERVER, "/auth": SERVER },
  },
});
