/** A clock that moves when it is told to. Milliseconds since 1970. */
export interface SimulatedClock {
  now(): number;
  /** Moves on to a time; a time that is over changes nothing. */
  moveTo(time: number): void;
}

/** A clock that stands at `start`. */
export function simulatedClock(start = 1_000_000): SimulatedClock {
  let time = start;
  return {
    now: () => time,
    moveTo: (to) => {
      time = Math.max(time, to);
    },
  };
}
