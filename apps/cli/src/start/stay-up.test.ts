import { spawn } from "node:child_process";
import { expect, test } from "vitest";

const CHILD = `
  import { stayUp } from ${JSON.stringify(new URL("./stay-up.ts", import.meta.url).href)};
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  console.log("waiting");
  await stayUp(stop.signal);
  console.log("stopped");
`;

test("staying up keeps a process alive that has nothing else to do, and ends with the signal", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
    // A process that nothing keeps alive ends by itself, with code 13, before it can take this.
    if (said.endsWith("waiting\n")) child.kill("SIGTERM");
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([said, code]).toEqual(["waiting\nstopped\n", 0]);
});
