#!/usr/bin/env node
// Baton's entry. Plain JavaScript for any Node from 20: it says hello at once and hands over to the pinned Node 24.
import { fileURLToPath } from "node:url";
import { handOver } from "./hand-over.mjs";

const args = process.argv.slice(2);
if (args[0] === "start" && !args.includes("--help") && !args.includes("-h")) {
  process.stderr.write("Baton  starting; state and logs are kept under .baton/\n");
}

// A small young generation: the conductor makes much short-lived data and must stay under 200 MB.
const FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=2"];

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const parent = process.ppid;
const child = handOver([...FLAGS, main, ...args]);

// A shell between npm and us may die of the signal without passing it on: then our parent changes.
const orphanWatch = setInterval(() => {
  if (process.ppid !== parent) {
    clearInterval(orphanWatch);
    child.kill("SIGTERM");
  }
}, 250);
for (const end of ["error", "exit"]) child.on(end, () => clearInterval(orphanWatch));
