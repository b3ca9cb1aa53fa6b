import { Map as PMap } from "immutable";
import type { Json } from "../json.ts";
import type { World } from "./definition.ts";

/** The world with nothing in it. Setting a subject shares all that did not change. */
export const emptyWorld: World = PMap<string, Json>();

/** What a subject is now; undefined when it is not there. */
export function stateOf(world: World, subject: string): Json | undefined {
  const history = world.get(subject);
  return Array.isArray(history) ? history.at(-1) : undefined;
}

/**
 * A subject takes a new state. The world keeps the states before it, so that an undo brings back what was there and not what
 * someone thought was there. Entering the present state again changes nothing: a repeat is no second effect.
 */
export function enter(world: World, subject: string, state: Json): World {
  if (same(stateOf(world, subject), state)) return world;
  return set(world, subject, [...historyOf(world, subject), state]);
}

/** Takes back `enter`, with all the states entered after it; a subject without states left is gone. */
export function leave(world: World, subject: string, state: Json): World {
  const history = historyOf(world, subject);
  const at = history.findLastIndex((entry) => same(entry, state));
  return at < 0 ? world : set(world, subject, history.slice(0, at));
}

const historyOf = (world: World, subject: string): readonly Json[] => {
  const history = world.get(subject);
  return Array.isArray(history) ? (history as readonly Json[]) : [];
};

const set = (world: World, subject: string, history: readonly Json[]): World =>
  history.length === 0 ? world.delete(subject) : world.set(subject, history);

const same = (a: Json | undefined, b: Json): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);
