import { useSyncExternalStore } from "react";

const narrow = matchMedia("(max-width: 720px)");

const subscribe = (listener: () => void): (() => void) => {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
};

/** Whether the window is a phone's: the same width at which the styles change. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
