import { useEffect, useState, useSyncExternalStore } from "react";
import { LiveRun, type LiveView } from "./live-run.ts";

/** Follows a run while it is shown. */
export function useLiveRun(
  environment: string,
  run: string,
): { readonly live: LiveRun; readonly view: LiveView } {
  const [live, setLive] = useState(() => new LiveRun(environment, run));
  useEffect(() => {
    const next = new LiveRun(environment, run);
    setLive(next);
    next.start();
    return () => next.stop();
  }, [environment, run]);
  return { live, view: useSyncExternalStore(live.subscribe, live.get) };
}
