// Runs a script with the Node the project pins, whatever Node started us (20 or newer).
// Usage: node scripts/node24.mjs SCRIPT [ARG ...]
import { spawn } from "node:child_process";
import { pinnedNode } from "../apps/cli/bin/pinned-node.mjs";

const child = spawn(pinnedNode(), process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
});
