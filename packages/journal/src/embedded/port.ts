import { createServer } from "node:net";

/** A port on 127.0.0.1 that nobody holds: the wanted one when it is free, else any. */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined) {
    const port = await tryPort(wanted);
    if (port !== null) return port;
  }
  const port = await tryPort(0);
  if (port === null) throw new Error("no port on 127.0.0.1 is free");
  return port;
}

/** A port of 127.0.0.1 while nobody holds it, any free one for 0; null where it is taken. It is free again when this returns. */
export function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : null;
      server.close(() => resolve(found));
    });
  });
}
