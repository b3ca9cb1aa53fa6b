/** One text of a guard's file and what stands in its place once the guard is gone. */
export interface Edit {
  /** Found exactly once in the file, else the list is out of date. */
  readonly text: string;
  readonly replacement: string;
}

/** A test by the file that runs it and its title, as written: `%s` and `$name` of `test.each` stand for anything. */
export interface GuardTest {
  readonly file: string;
  readonly name: string;
  /** The file that the title is written in, where that is another one: laws that several things are held to. */
  readonly writtenIn?: string;
}

/** Something that keeps a loss from happening, how to take it out, and the test that must notice. */
export interface Guard {
  /** Lower-case words with dashes; `--only` names it. */
  readonly name: string;
  /** What cannot happen while it is there, in one sentence. */
  readonly protects: string;
  /** From the repository's root. */
  readonly file: string;
  /** As few and as small as will do. Several only where one alone is backed by the next. */
  readonly edits: readonly Edit[];
  readonly test: GuardTest;
}
