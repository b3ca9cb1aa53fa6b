// Runs a program under the pinned Node 24 and ends as it ends. Plain JavaScript: it runs under any Node from 20.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { pinnedNode } from "./pinned-node.mjs";

/** Where compiled modules are kept between starts, of Baton and of what it starts. Without it each start compiles them anew. */
const COMPILED = fileURLToPath(new URL("../../../node_modules/.cache/baton/compiled", import.meta.url));

/**
 * Starts the pinned Node with these arguments, on our own terminal and pipes, and passes on the signals that reach us alone.
 * Our exit code becomes the child's; where a signal ended it, 128 and the signal's number, as shells have it.
 */
export function handOver(args) {
  const env = { NODE_COMPILE_CACHE: COMPILED, ...process.env };
  const child = spawn(pinnedNode(), args, { stdio: "inherit", env });
  // One to the whole group reaches the child twice, which Baton knows how to take.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`error BATON-NODE-START  ${error.message}\n  Run \`npm ci\` again.`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
  return child;
}
