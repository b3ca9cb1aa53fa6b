import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { stopPostmaster } from "./postmaster.ts";

test("a program that has the number of a server that is gone is left alone", async (context) => {
  if (process.platform === "win32") return context.skip("Windows does not tell the two apart");
  const other = spawn(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1000)"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(other, "exit");
  await once(other.stdout, "data");
  await stopPostmaster(other.pid ?? 0, "/srv/baton/postgres");
  expect(other.exitCode).toBeNull();
  expect(other.signalCode).toBeNull();
  other.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
});
