import type { Journal, Json } from "@baton/core";
import type { Clock } from "./clock.ts";

const EVERY_MS = 250;

/** Passing figures of the effects in hand. Kept for whoever draws here, saved now and then for who looks on from elsewhere. */
export interface ProgressBoard {
  readonly figures: Readonly<Record<string, Json>>;
  report(key: string, figures: Readonly<Record<string, number>>): void;
  /** The effect is out of hand; its last figures are saved. */
  forget(key: string): void;
}

/** Saves each key's figures four times a second at most. A save that fails is passed over: figures are not the truth. */
export function createProgressBoard(
  journal: Journal,
  clock: Clock,
  run: string,
  onReport: () => void,
): ProgressBoard {
  const figures: Record<string, Json> = {};
  const unsaved = new Set<string>();
  let scheduled = false;

  const save = () => {
    scheduled = false;
    for (const key of unsaved) void journal.saveProgress(run, key, figures[key] ?? null);
    unsaved.clear();
    onReport();
  };
  return {
    figures,
    report: (key, latest) => {
      figures[key] = { ...latest };
      unsaved.add(key);
      if (scheduled) return;
      scheduled = true;
      clock.after(EVERY_MS, save);
    },
    forget: (key) => {
      if (unsaved.delete(key)) void journal.saveProgress(run, key, figures[key] ?? null);
      delete figures[key];
    },
  };
}
