import type { Problem, Verification } from "@baton/core";
import { useCallback, useEffect, useRef, useState } from "react";
import type { VerifyAsked, VerifyTold } from "./messages.ts";

/** How far a check in this browser has come. */
export type VerificationState =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly events: number }
  | { readonly kind: "done"; readonly verification: Verification; readonly at: number }
  | { readonly kind: "failed"; readonly problems: readonly Problem[] };

/** Checks an export beside the page, so that the page stays quick. Asking again stops the check before. */
export function useVerification(): {
  readonly state: VerificationState;
  readonly start: (asked: VerifyAsked) => void;
} {
  const [state, setState] = useState<VerificationState>({ kind: "idle" });
  const worker = useRef<Worker | null>(null);
  useEffect(() => () => worker.current?.terminate(), []);
  const start = useCallback((asked: VerifyAsked) => {
    worker.current?.terminate();
    const made = new Worker(new URL("./verify.worker.ts", import.meta.url), { type: "module" });
    worker.current = made;
    setState({ kind: "running", events: 0 });
    made.addEventListener("message", ({ data }: MessageEvent<VerifyTold>) => {
      if (data.kind === "progress") setState({ kind: "running", events: data.events });
      else {
        setState(data.kind === "done" ? { ...data, at: Date.now() } : data);
        made.terminate();
      }
    });
    made.addEventListener("error", (event) => {
      setState({ kind: "failed", problems: [stopped(event.message)] });
      made.terminate();
    });
    made.postMessage(asked);
  }, []);
  return { state, start };
}

const stopped = (cause: string): Problem => ({
  code: "BATON-WEB-EXPORT",
  message: `The check stopped in this browser: ${cause}.`,
  remedy: "Reload the page and check again, or use `baton audit verify`.",
});
