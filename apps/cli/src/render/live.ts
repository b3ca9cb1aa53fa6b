import { columns } from "./text.ts";

/** The part of a terminal's stream that a live region uses. */
export interface LiveStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

/** What a live region takes from outside, so that it can be tried without waiting. */
export interface LiveOptions {
  /** Milliseconds on a clock that does not jump. */
  readonly now?: () => number;
  /** Calls back after that many milliseconds; what it returns calls it off. */
  readonly later?: (call: () => void, milliseconds: number) => () => void;
  /** Calls back when the process ends, however it ends; what it returns calls it off. */
  readonly atExit?: (call: () => void) => () => void;
}

/** Eight redraws a second: smooth enough, and no load. */
const INTERVAL_MS = 125;
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const ERASE_BELOW = "\u001b[J";
const up = (lines: number): string => (lines === 0 ? "\r" : `\u001b[${lines}A\r`);

/**
 * Lines at the end of a terminal that are redrawn in place while the history above them stays. On a stream that is no terminal
 * `update` shows nothing and `print` prints plainly. Writes nothing after `close`.
 */
export class LiveRegion {
  readonly #stream: LiveStream;
  readonly #now: () => number;
  readonly #later: (call: () => void, milliseconds: number) => () => void;
  readonly #forgetExit: () => void;
  readonly #onResize = (): void => this.#draw();
  #render: (() => readonly string[]) | null = null;
  #drawn: readonly string[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #callOff: (() => void) | null = null;
  #hidden = false;
  #closed = false;

  constructor(stream: LiveStream, options: LiveOptions = {}) {
    this.#stream = stream;
    this.#now = options.now ?? (() => performance.now());
    this.#later = options.later ?? timer;
    this.#forgetExit = (options.atExit ?? atProcessExit)(() => this.close());
    if (stream.isTTY) stream.on("resize", this.#onResize);
  }

  /** Shows what `render` gives, at most eight times a second; the last one always comes. It is asked again when the width changes. */
  update(render: () => readonly string[]): void {
    this.#render = render;
    if (this.#closed || !this.#stream.isTTY || this.#callOff !== null) return;
    const wait = this.#drawnAt + INTERVAL_MS - this.#now();
    if (wait <= 0) this.#draw();
    else
      this.#callOff = this.#later(() => {
        this.#callOff = null;
        this.#draw();
      }, wait);
  }

  /** Puts lines into the history, above the region. */
  print(...lines: readonly string[]): void {
    if (this.#closed || lines.length === 0) return;
    const text = lines.map((line) => `${line}\n`).join("");
    if (this.#drawn.length === 0) this.#stream.write(text);
    else {
      this.#stream.write(`${this.#erase()}${text}`);
      this.#drawn = [];
      this.#draw();
    }
  }

  /** Ends it. With `keep` the last picture stays as history (drawn once more), else it goes. Gives the cursor back. */
  close(keep = true): void {
    if (this.#closed) return;
    this.#callOff?.();
    this.#callOff = null;
    if (keep) this.#draw();
    else if (this.#drawn.length > 0) this.#stream.write(this.#erase());
    if (this.#hidden) this.#stream.write(SHOW_CURSOR);
    this.#closed = true;
    this.#stream.off("resize", this.#onResize);
    this.#forgetExit();
  }

  #draw(): void {
    if (this.#closed || this.#render === null || !this.#stream.isTTY) return;
    // More lines than the window has would scroll, and could not be reached again.
    const most = Math.max(1, (this.#stream.rows ?? DEFAULT_ROWS) - 1);
    const lines = this.#render().slice(0, most);
    const hide = this.#hidden ? "" : HIDE_CURSOR;
    this.#hidden = true;
    this.#stream.write(`${hide}${this.#erase()}${lines.map((line) => `${line}\n`).join("")}`);
    this.#drawn = lines;
    this.#drawnAt = this.#now();
  }

  /** Back to where the region began. A narrower window has broken its lines: what each takes now is counted. */
  #erase(): string {
    if (this.#drawn.length === 0) return "";
    const width = Math.max(1, this.#stream.columns ?? DEFAULT_COLUMNS);
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(columns(line) / width)), 0);
    return `${up(rows)}${ERASE_BELOW}`;
  }
}

function timer(call: () => void, milliseconds: number): () => void {
  const handle = setTimeout(call, milliseconds);
  handle.unref();
  return () => clearTimeout(handle);
}

function atProcessExit(call: () => void): () => void {
  process.once("exit", call);
  return () => void process.off("exit", call);
}
