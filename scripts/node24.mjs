// Runs a script with the Node the project pins, whatever Node started us (20 or newer).
// Usage: node scripts/node24.mjs SCRIPT [ARG ...]
import { handOver } from "../apps/cli/bin/hand-over.mjs";

handOver(process.argv.slice(2));
