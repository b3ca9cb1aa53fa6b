import { InvalidArgumentError } from "commander";
import type { CommandLine, Common } from "./command-line.ts";

/** The server, and what it starts. */
export function addServerCommands({ command, act }: CommandLine): void {
  command("serve", "the web interface and the API, for people who sign in; runs go on when it stops")
    .option("--port <n>", "port to listen on; 0: a free one", port, 7070)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--public-url <url>", "where people reach it, behind a proxy with TLS; default: where it listens")
    .option("--any-port", "take a free port where that one is taken", false)
    .action((o: Common & { port: number; host: string; publicUrl?: string; anyPort: boolean }) =>
      act(o, async (at, out) => (await import("../commands/serve.ts")).serveHere(at, out, o)),
    );

  command(
    "drive <run>",
    "drive a run as it stands until it waits or has ended; asks and approves nothing",
  ).action((run: string, o: Common) =>
    act(o, async (at, out) => (await import("../commands/drive.ts")).driveRun(at, out, run)),
  );
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0 && number <= 65_535) return number;
  throw new InvalidArgumentError("It takes a number from 0 to 65535.");
}
