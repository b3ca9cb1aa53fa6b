import type { Result } from "@baton/core";

/**
 * Does something once for all who ask within a time. Whoever asks while it is being done shares it; what failed is not kept. The
 * time counts from the end, so that what takes long is not done again at once.
 */
export function cached<T>(
  work: () => Promise<Result<T>>,
  forMs: number,
  now: () => number = () => performance.now(),
): () => Promise<Result<T>> {
  let flight: Promise<Result<T>> | null = null;
  let kept: { readonly value: Result<T>; readonly at: number } | null = null;
  return () => {
    if (kept !== null && now() - kept.at < forMs) return Promise.resolve(kept.value);
    flight ??= work()
      .then((value) => {
        kept = value.ok ? { value, at: now() } : null;
        return value;
      })
      .finally(() => {
        flight = null;
      });
    return flight;
  };
}
