import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A way to a database that can be shut and opened again: as a network, or a server, that is gone for a while. */
export interface Gate {
  /** The database's address by way of the gate. */
  readonly url: string;
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

/** Puts a gate in front of a database. */
export async function gateTo(databaseUrl: string): Promise<Gate> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let open = true;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((inner) => {
    keep(inner);
    if (!open) return void inner.destroy();
    const outer = connect(Number(target.port), target.hostname);
    keep(outer);
    inner.pipe(outer).pipe(inner);
    inner.on("close", () => outer.destroy());
    outer.on("close", () => inner.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    shut: () => {
      open = false;
      cut();
    },
    open: () => {
      open = true;
    },
    close: async () => {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
