import { useSyncExternalStore } from "react";

type Theme = "light" | "dark";

/** The theme on the page; `public/theme.js` set it before the first paint. */
const current = (): Theme => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

const subscribe = (listener: () => void): (() => void) => {
  const watcher = new MutationObserver(listener);
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => watcher.disconnect();
};

/** The theme that is shown, and how to change to the other one for good. */
export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const theme = useSyncExternalStore(subscribe, current);
  return { theme, toggle: toggleTheme };
}

/** Light becomes dark and dark light; the choice is kept in this browser. */
export function toggleTheme(): void {
  const next: Theme = current() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("baton.theme", next);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
    document.documentElement.dataset.theme = next;
    return;
  }
  dispatchEvent(new Event("baton-theme"));
}
