import { expect, test } from "vitest";
import { LiveRegion, type LiveStream } from "./live.ts";

const ESCAPE = "\u001b";
const PARTS = new RegExp(`${ESCAPE}\\[[?\\d]*[a-zA-Z]|\\r|\\n|[^${ESCAPE}\\r\\n]+`, "g");

/** A terminal that understands the few codes a live region may use, and shows what a person would see. */
class Screen implements LiveStream {
  isTTY = true;
  columns = 40;
  rows = 10;
  writes = 0;
  cursor = true;
  readonly listeners = new Set<() => void>();
  #lines: string[] = [""];
  #at = 0;

  write(text: string): void {
    this.writes += 1;
    for (const part of text.match(PARTS) ?? []) this.#take(part);
  }

  on(_: "resize", listener: () => void): void {
    this.listeners.add(listener);
  }

  off(_: "resize", listener: () => void): void {
    this.listeners.delete(listener);
  }

  /** A narrower window breaks the lines it shows, and tells of it. */
  narrow(columns: number): void {
    this.columns = columns;
    this.#lines = this.#lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
    this.#at = this.#lines.length - 1;
    for (const listener of this.listeners) listener();
  }

  get shown(): readonly string[] {
    return this.#lines.at(-1) === "" ? this.#lines.slice(0, -1) : this.#lines;
  }

  #take(part: string): void {
    if (part === "\r") return;
    if (part === "\n") {
      this.#at += 1;
      if (this.#at === this.#lines.length) this.#lines.push("");
    } else if (part === `${ESCAPE}[?25l`) this.cursor = false;
    else if (part === `${ESCAPE}[?25h`) this.cursor = true;
    else if (part === `${ESCAPE}[J`) this.#lines = [...this.#lines.slice(0, this.#at), ""];
    else if (part.startsWith(ESCAPE)) this.#at -= Number(/\d+/.exec(part)?.[0] ?? 1);
    else this.#lines[this.#at] = part;
  }
}

/** A region whose clock and timers the test moves. */
function regionOn(screen: LiveStream) {
  let now = 0;
  let due: (() => void) | null = null;
  let exit = (): void => undefined;
  const region = new LiveRegion(screen, {
    now: () => now,
    later: (call) => {
      due = call;
      return () => {
        due = null;
      };
    },
    atExit: (call) => {
      exit = call;
      return () => undefined;
    },
  });
  const pass = (milliseconds: number): void => {
    now += milliseconds;
    const call = due;
    due = null;
    call?.();
  };
  return { region, pass, exit: () => exit() };
}

test("the region is redrawn in place while history above it stays", () => {
  const screen = new Screen();
  const { region, pass } = regionOn(screen);
  region.print("history");
  region.update(() => ["one", "two"]);
  pass(200);
  region.update(() => ["three"]);
  expect(screen.shown).toEqual(["history", "three"]);
  region.print("more history");
  expect(screen.shown).toEqual(["history", "more history", "three"]);
});

test("it is drawn at most eight times a second, and the last picture always comes", () => {
  const screen = new Screen();
  const { region, pass } = regionOn(screen);
  for (let picture = 0; picture < 50; picture += 1) region.update(() => [`picture ${picture}`]);
  expect(screen.writes).toBe(1);
  pass(125);
  expect(screen.writes).toBe(2);
  expect(screen.shown).toEqual(["picture 49"]);
});

test("a region higher than the window is cut, so that it can be redrawn", () => {
  const screen = new Screen();
  const { region } = regionOn(screen);
  region.update(() => Array.from({ length: 30 }, (_, at) => `line ${at}`));
  expect(screen.shown).toHaveLength(9);
});

test("a changed width draws anew, over all rows that the old lines now take", () => {
  const screen = new Screen();
  const { region, pass } = regionOn(screen);
  region.print("history");
  region.update(() => ["x".repeat(screen.columns)]);
  pass(200);
  screen.narrow(20);
  expect(screen.shown).toEqual(["history", "x".repeat(20)]);
});

test("closing gives the cursor back, keeps or takes the picture, and nothing is written afterwards", () => {
  for (const keep of [true, false]) {
    const screen = new Screen();
    const { region, pass } = regionOn(screen);
    region.print("history");
    region.update(() => ["picture"]);
    expect(screen.cursor).toBe(false);
    region.close(keep);
    expect(screen.cursor).toBe(true);
    expect(screen.shown).toEqual(keep ? ["history", "picture"] : ["history"]);
    const { writes } = screen;
    region.update(() => ["later"]);
    region.print("later");
    region.close();
    pass(1000);
    expect(screen.writes).toBe(writes);
    expect(screen.listeners.size).toBe(0);
  }
});

test("the end of the process gives the cursor back too", () => {
  const screen = new Screen();
  const { region, exit } = regionOn(screen);
  region.update(() => ["picture"]);
  exit();
  expect(screen.cursor).toBe(true);
});

test("without a terminal nothing is redrawn and no code is written", () => {
  const screen = new Screen();
  screen.isTTY = false;
  const { region } = regionOn(screen);
  region.update(() => ["picture"]);
  region.print("a line");
  region.close();
  expect(screen.shown).toEqual(["a line"]);
  expect(screen.cursor).toBe(true);
});
