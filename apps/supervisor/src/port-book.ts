import { freePort, tryPort } from "@baton/journal/embedded/port";
import { openPortClaims } from "./port-claims.ts";

/** A port that was asked for and the one that was given. */
export interface PortChoice {
  readonly wanted: number;
  readonly got: number;
}

/** Who listens where. A choice once made is kept, so that addresses handed out stay true. */
export interface PortBook {
  /**
   * The port of this name: the one chosen before for the same wish while it is free or `held` (by a process of ours that
   * still runs), else the wanted one, else the next free one above it. Free is what nobody listens on and no other supervisor
   * of this machine has chosen.
   */
  choose(name: string, wanted: number, held?: boolean): Promise<number>;
  get(name: string): number | null;
  /** Notes where something really listens that chose for itself. */
  note(name: string, got: number): void;
  entries(): Readonly<Record<string, PortChoice>>;
}

/** A book that goes on from choices made before. */
export function openPortBook(before: Readonly<Record<string, PortChoice>>): PortBook {
  const book = new Map(Object.entries(before));
  const claims = openPortClaims();
  let line: Promise<unknown> = Promise.resolve();

  const othersHave = (name: string, port: number) =>
    [...book].some(([other, choice]) => other !== name && (choice.got === port || choice.wanted === port));

  const isFree = async (port: number): Promise<boolean> => {
    if (!(await claims.claim(port))) return false;
    const free = (await tryPort(port)) !== null;
    if (!free) claims.release(port);
    return free;
  };

  const choose = async (name: string, wanted: number, held: boolean): Promise<number> => {
    const known = book.get(name);
    if (known !== undefined && known.wanted === wanted) {
      if (held) await claims.claim(known.got);
      if (held || (await isFree(known.got))) return known.got;
    }
    const got = await firstFree(name, wanted);
    book.set(name, { wanted, got });
    return got;
  };

  const firstFree = async (name: string, wanted: number): Promise<number> => {
    const taken = [...book].some(([other, choice]) => other !== name && choice.got === wanted);
    if (!taken && (await isFree(wanted))) return wanted;
    // Just above first: those are easy to remember and no outgoing connection borrows them.
    for (let port = wanted + 1; port <= Math.min(wanted + 100, 65_535); port += 1) {
      if (!othersHave(name, port) && (await isFree(port))) return port;
    }
    for (;;) {
      const port = await freePort();
      if (!othersHave(name, port) && (await isFree(port))) return port;
    }
  };

  return {
    choose(name, wanted, held = false) {
      const chosen = line.then(() => choose(name, wanted, held));
      line = chosen.catch(() => undefined);
      return chosen;
    },
    get: (name) => book.get(name)?.got ?? null,
    note: (name, got) => void book.set(name, { wanted: book.get(name)?.wanted ?? got, got }),
    entries: () => Object.fromEntries(book),
  };
}
