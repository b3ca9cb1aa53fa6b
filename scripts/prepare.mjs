// Runs at the end of `npm ci`: builds the web interface, so that `npm start` can serve it. Plain JavaScript for any Node from 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("..", import.meta.url));
// Without the tools of development (`npm ci --omit=dev`) there is nothing to build with; the server's pages then say so.
if (existsSync(new URL("../node_modules/vite", import.meta.url))) {
  const built = spawnSync("npm run --silent build:web", { cwd: checkout, stdio: "inherit", shell: true });
  process.exitCode = built.status ?? 1;
}
