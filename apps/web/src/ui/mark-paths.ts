import type { Mark } from "@baton/core";

/** A symbol's drawing in a box of 16: what is stroked and what is filled. One drawing for pages and for the canvas. */
export interface MarkPath {
  readonly stroke?: string;
  readonly fill?: string;
  readonly dashed?: boolean;
}

export const MARK_PATHS: Readonly<Record<Mark, MarkPath>> = {
  done: { stroke: "M3.2 8.6 6.6 12 12.8 4.6" },
  running: { fill: "M5 3.4v9.2a.6.6 0 0 0 .92.5l7-4.6a.6.6 0 0 0 0-1l-7-4.6A.6.6 0 0 0 5 3.4Z" },
  "to-come": { fill: "M8 6.1a1.9 1.9 0 1 1 0 3.8 1.9 1.9 0 0 1 0-3.8Z" },
  waits: { stroke: "M5.6 3.8v8.4M10.4 3.8v8.4" },
  failed: { stroke: "m4 4 8 8M12 4l-8 8" },
  undoing: { stroke: "M6 3.4 3 6.4l3 3M3.4 6.4h5.8a3.4 3.4 0 1 1 0 6.8H6.6" },
  unknown: { stroke: "M8 2.9a5.1 5.1 0 1 1 0 10.2A5.1 5.1 0 0 1 8 2.9Z", dashed: true },
  parked: { stroke: "M5.6 13V3.4h3.3a2.7 2.7 0 0 1 0 5.4H5.6" },
};
