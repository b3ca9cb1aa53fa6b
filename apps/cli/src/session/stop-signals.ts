/**
 * One AbortSignal for Ctrl-C, TERM and HUP. A signal may arrive several times (the terminal sends it to the whole group
 * and npm passes it on): the first one counts, the rest are swallowed, so that stopping in order is never cut short.
 */
export function stopSignals(onFirst: (signal: string) => void): {
  readonly signal: AbortSignal;
  dispose(): void;
} {
  const controller = new AbortController();
  const listener = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) return;
    controller.abort(name);
    onFirst(name);
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}
