import { useEffect } from "react";

/** The tab's title: what the page is about, then Baton. */
export function useTitle(words: string): void {
  useEffect(() => {
    document.title = `${words} · Baton`;
  }, [words]);
}
