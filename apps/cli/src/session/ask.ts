import { createInterface } from "node:readline/promises";

/** Asks a yes-or-no question at the terminal; anything but yes is no. Null when it was interrupted. */
export async function ask(
  question: string,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<boolean | null> {
  const terminal = createInterface({ input: process.stdin, output });
  // Readline takes Ctrl-C for itself while it asks: hand it on to the process.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return null;
  } finally {
    terminal.close();
  }
}
