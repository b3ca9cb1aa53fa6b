import picocolors from "picocolors";

type Painter = (text: string) => string;

/** What a colour may mean here. Colour never stands alone: a word or a symbol says the same. */
export interface Paint {
  readonly strong: Painter;
  readonly quiet: Painter;
  readonly done: Painter;
  readonly running: Painter;
  readonly waits: Painter;
  readonly failed: Painter;
  readonly undoing: Painter;
  readonly parked: Painter;
}

/** Painters for the meanings; with `color` false each returns its text untouched. */
export function paintWith(color: boolean): Paint {
  const colors = picocolors.createColors(color);
  return {
    strong: (text) => colors.bold(text),
    quiet: (text) => colors.dim(text),
    done: (text) => colors.green(text),
    running: (text) => colors.blue(text),
    waits: (text) => colors.yellow(text),
    failed: (text) => colors.red(text),
    undoing: (text) => colors.magenta(text),
    parked: (text) => colors.yellow(text),
  };
}
