import type pg from "pg";

/**
 * How long a connection waits for the next call of the same effect: its check, its look before and the effect follow each
 * other at once, and to connect costs more than most of them.
 */
const REST_MS = 250;

/** Connections that nobody uses at the moment, by address. A database is never kept from being swapped for longer than a moment. */
export interface RestingConnections {
  /** One that is alive and remembers nothing of who had it before; null where there is none. */
  take(url: string): Promise<pg.Client | null>;
  /** Lets one rest that has no open transaction; it closes by itself when nobody comes. */
  rest(url: string, client: pg.Client): void;
}

/** Whether a connection keeps this process from ending; the types of `pg` leave that out. */
interface Holding {
  ref(): void;
  unref(): void;
}
const holding = (client: pg.Client): Holding => client as unknown as Holding;

/** No connection rests yet. */
export function createRestingConnections(): RestingConnections {
  const resting = new Map<string, Map<pg.Client, NodeJS.Timeout>>();

  const remove = (url: string, client: pg.Client): boolean => {
    const there = resting.get(url);
    const timer = there?.get(client);
    if (there === undefined || timer === undefined) return false;
    clearTimeout(timer);
    there.delete(client);
    if (there.size === 0) resting.delete(url);
    return true;
  };
  const close = (client: pg.Client) => void client.end().catch(() => undefined);

  return {
    async take(url) {
      for (let next = resting.get(url)?.keys().next(); next && !next.done; ) {
        const client = next.value;
        remove(url, client);
        holding(client).ref();
        try {
          // A file of a migration may have changed settings of the session; and whoever was ended meanwhile does not answer.
          await client.query("discard all");
          return client;
        } catch {
          close(client);
        }
        next = resting.get(url)?.keys().next();
      }
      return null;
    },
    rest(url, client) {
      const timer = setTimeout(() => {
        if (remove(url, client)) close(client);
      }, REST_MS);
      timer.unref();
      holding(client).unref(); // it keeps nobody from ending
      const there = resting.get(url) ?? new Map<pg.Client, NodeJS.Timeout>();
      resting.set(url, there.set(client, timer));
    },
  };
}
