import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { failed, ok, type Problem, type Result } from "@baton/core";
import type { Where } from "@baton/session";
import { z } from "zod";
import { placeWords, thisProgram } from "../session/launch-driver.ts";

const Told = z.object({ url: z.string(), firstCode: z.string().nullable() });
const Problems = z.object({ problems: z.array(z.custom<Problem>()).min(1) });

/** A server beside this process. */
export interface ServedBeside {
  readonly url: string;
  readonly firstCode: string | null;
}

const PORT = "7070";

/**
 * Starts `baton serve` in a process of its own, so that whoever looks on costs the conductor nothing. It ends with us, whatever becomes
 * of us, and with everything else on the folder. Where 7070 is taken it takes another port.
 */
export function serveBeside(where: Where): Promise<Result<ServedBeside>> {
  const { file, args } = thisProgram("serve", "--json", "--port", PORT, "--any-port", ...placeWords(where));
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "ignore", "ipc"] });
  child.unref();
  child.channel?.unref();
  return new Promise((resolve) => {
    const lines = createInterface({ input: child.stdout ?? process.stdin });
    lines.once("line", (line) => {
      resolve(readLine(line));
      // Nothing more is to be heard, and an open pipe would keep us until the server ends.
      child.stdout?.destroy();
    });
    child.once("error", (error) => resolve(failed(notServed(error.message))));
    child.once("exit", (code) => resolve(failed(notServed(`it ended with ${code}`))));
  });
}

function readLine(line: string): Result<ServedBeside> {
  const value: unknown = JSON.parse(line);
  const told = Told.safeParse(value);
  if (told.success) return ok(told.data);
  const problems = Problems.safeParse(value);
  return problems.success ? failed(...problems.data.problems) : failed(notServed("it said something else"));
}

const notServed = (why: string): Problem => ({
  code: "BATON-SERVE-FAILED",
  message: `The server did not start: ${why}.`,
  remedy: "Everything else goes on. Start it by itself with `npx baton serve`.",
});
