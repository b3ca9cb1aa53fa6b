/** Waits until the signal comes. Nothing else is open while Baton waits for Ctrl-C, and a signal's listener keeps no process alive: a timer does. */
export const stayUp = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const done = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (stop.aborted) done();
    else stop.addEventListener("abort", done, { once: true });
  });
