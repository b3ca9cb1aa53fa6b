/** Where words for people go while something is done, a line each: a terminal, a log, or nowhere. */
export type Say = (...lines: readonly string[]) => void;
