import { useEffect, useRef } from "react";

/** How long `g` waits for the letter of a page. */
const PATIENCE_MS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** The page's own keys: Ctrl K for the palette, `g` and a letter for a page, `/` for the list's search. */
export function useShortcuts(onPalette: () => void, onGo: (letter: string) => void): void {
  const waiting = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPalette();
        return;
      }
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("main input[type=search]");
        if (search === null) return;
        event.preventDefault();
        search.focus();
      } else if (event.timeStamp < waiting.current) {
        waiting.current = 0;
        onGo(event.key);
      } else if (event.key === "g") waiting.current = event.timeStamp + PATIENCE_MS;
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onPalette, onGo]);
}
