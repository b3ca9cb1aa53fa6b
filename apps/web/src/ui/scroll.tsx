import type { ReactNode, Ref } from "react";

/** A part that scrolls by itself: it has a name, and is reached by keyboard, or nobody without a mouse sees its end. */
export function Scroll({
  label,
  className,
  ref,
  children,
}: {
  readonly label: string;
  readonly className: string;
  readonly ref?: Ref<HTMLElement>;
  readonly children: ReactNode;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable.
    <section ref={ref ?? null} className={className} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
