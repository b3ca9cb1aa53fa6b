/** How much of an effect is in the world. */
export type Presence = "absent" | "partial" | "present";

/** In place of an effect's key: what a person did. */
export const BY_HAND = "by hand";

/** One thing done to the model world. */
export interface Operation {
  readonly key: string;
  readonly step: string;
  readonly unit: string;
  readonly direction: "do" | "undo";
  /** How many events were journaled when it reached the world. */
  readonly position: number;
  readonly left: Presence;
}

/** A world in which every unit of every step is one effect. */
export interface ModelWorld {
  read(step: string, unit: string): Presence;
  leave(operation: Operation): void;
  /** Everything that was done to it, in order. */
  readonly operations: readonly Operation[];
  /** Effects that are there in whole or in part, as `step/unit`. */
  present(): readonly string[];
}

/** A world in which nothing was done yet: the old release serves. */
export function modelWorld(): ModelWorld {
  const effects = new Map<string, Presence>();
  const operations: Operation[] = [];
  const name = (step: string, unit: string) => `${step}/${unit}`;
  return {
    operations,
    read: (step, unit) => effects.get(name(step, unit)) ?? "absent",
    leave: (operation) => {
      operations.push(operation);
      effects.set(name(operation.step, operation.unit), operation.left);
    },
    present: () => [...effects].filter(([, presence]) => presence !== "absent").map(([id]) => id),
  };
}
