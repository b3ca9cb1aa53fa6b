import { renderDuration, type UndoClass } from "@baton/core";
import type { ReactNode } from "react";
import "./undo-shape.css";

const SHAPES: Readonly<Record<UndoClass, ReactNode>> = {
  instant: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.8" />,
  lossless: (
    <path
      d="M2.6 1.8h6.8L6 6l3.4 4.2H2.6L6 6 2.6 1.8Z"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinejoin="round"
    />
  ),
  inert: <circle cx="6" cy="6" r="2" fill="currentColor" />,
  none: <rect x="1.5" y="4.6" width="9" height="2.8" rx="0.8" fill="currentColor" />,
};

/** What each undo class means, in words. */
export const UNDO_WORDS: Readonly<Record<UndoClass, string>> = {
  instant: "taken back at once, whole",
  lossless: "taken back whole, but it takes its time",
  inert: "there is nothing to take back",
  none: "cannot be taken back",
};

/** The order in which undo classes are told. */
export const UNDO_ORDER: readonly UndoClass[] = ["instant", "lossless", "inert", "none"];

/** An undo class by colour and shape: ring, hourglass, dot, bar. */
export function UndoShape({ undo }: { readonly undo: UndoClass }): ReactNode {
  return (
    <svg className="undo-shape" data-undo={undo} viewBox="0 0 12 12" width="12" height="12" role="img">
      <title>{`undo ${undo}: ${UNDO_WORDS[undo]}`}</title>
      {SHAPES[undo]}
    </svg>
  );
}

/** An undo class with its name, and how long it takes where that is known. */
export function UndoLabel({
  undo,
  seconds,
}: {
  readonly undo: UndoClass;
  readonly seconds?: number;
}): ReactNode {
  return (
    <span className="undo-label">
      <UndoShape undo={undo} />
      {undo}
      {undo === "lossless" && seconds !== undefined ? ` ${renderDuration(seconds)}` : ""}
    </span>
  );
}
