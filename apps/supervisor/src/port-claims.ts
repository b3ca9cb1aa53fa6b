import { unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Says to every other supervisor of this machine which ports ours has chosen, from the choice on: until a program listens
 * there, the port itself would still look free to them. A claim ends with the process that made it, however it ends.
 */
export interface PortClaims {
  /** False where another supervisor has claimed it. */
  claim(port: number): Promise<boolean>;
  release(port: number): void;
}

/** An empty set of claims; each set is somebody of its own. */
export function openPortClaims(): PortClaims {
  const mine = new Map<number, Server>();
  return {
    async claim(port) {
      if (mine.has(port)) return true;
      const server = (await listenAt(nameOf(port))) ?? (await afterTheDead(nameOf(port)));
      if (server === null) return false;
      mine.set(port, server);
      return true;
    },
    release(port) {
      mine.get(port)?.close();
      mine.delete(port);
    },
  };
}

/** A name that the kernel gives to one listener only: on Linux and Windows it vanishes with it, elsewhere it is a file. */
function nameOf(port: number): string {
  if (process.platform === "linux") return `\0baton-port-${port}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\baton-port-${port}`;
  return join(tmpdir(), `baton-port-${port}.sock`);
}

function listenAt(name: string): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((caller) => caller.destroy());
    server.once("error", () => resolve(null));
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Where the name is a file, it outlives a process that was killed: nobody answers there any more. */
async function afterTheDead(name: string): Promise<Server | null> {
  if (name.startsWith("\0") || process.platform === "win32" || (await answers(name))) return null;
  await unlink(name).catch(() => undefined);
  return listenAt(name);
}

function answers(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const caller = connect(name);
    caller.once("connect", () => {
      caller.destroy();
      resolve(true);
    });
    caller.once("error", () => resolve(false));
  });
}
