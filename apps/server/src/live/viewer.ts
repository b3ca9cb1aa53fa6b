import type { ServerResponse } from "node:http";

/** A browser, or another program, that looks on over an open answer. */
export interface Viewer {
  /** The last position it was sent. */
  sent: number;
  /** Events that came while it was being brought up to the present; null once it is there. */
  waiting: { readonly position: number; readonly text: string }[] | null;
  readonly out: ServerResponse;
}

/** Bytes that may wait to be taken. Whoever takes them more slowly is cut off, and goes on behind what arrived. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Sends a text; false where the viewer is gone or too slow, and was cut off. */
export function send({ out }: Viewer, text: string): boolean {
  if (out.destroyed || out.writableEnded) return false;
  if (out.writableLength > MOST_WAITING) {
    out.destroy();
    return false;
  }
  out.write(text);
  return true;
}

/** Waits until what was sent is taken, or the viewer is gone. */
export const drained = ({ out }: Viewer): Promise<void> =>
  out.writableNeedDrain && !out.destroyed
    ? new Promise((resolve) => {
        const done = () => {
          out.off("drain", done).off("close", done);
          resolve();
        };
        out.on("drain", done).on("close", done);
      })
    : Promise.resolve();

/** An event as it goes over the wire. JSON has no line breaks, so one `data` line holds it. */
export const message = (event: string, data: unknown, id: number | null): string =>
  `${id === null ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
