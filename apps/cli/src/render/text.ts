import stringWidth from "string-width";

/** How wide and whether in colour lines are drawn. Every renderer takes it; none looks at the terminal itself. */
export interface RenderOptions {
  /** Columns. No line that a renderer returns is wider. */
  readonly width: number;
  readonly color: boolean;
}

/** Columns a text takes on a terminal; colour codes take none. */
export const columns = (text: string): number => stringWidth(text);

/** One line without anything that could move a cursor: line breaks and tabs become a space, other control characters go. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Zl}|\p{Zp}|[\t\n\v\f\r]+/gu, " ")
    .replace(/\p{Cc}/gu, "")
    .trim();
}

/** Plain text cut to `width` columns, with `…` where something is missing. Not for text that holds colour codes. */
export function fit(text: string, width: number): string {
  if (columns(text) <= width) return text;
  if (width <= 0) return "";
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (columns(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** Text followed by spaces up to `width` columns; longer text stays as it is. Colour codes are allowed. */
export const padEnd = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - columns(text)));

/** Spaces up to `width` columns followed by the text. */
export const padStart = (text: string, width: number): string =>
  " ".repeat(Math.max(0, width - columns(text))) + text;

/**
 * Plain text broken at spaces into lines of at most `width` columns, each behind `indent`; `first` takes the first line's
 * place where it differs. A word longer than a line is cut into pieces: a line never runs over.
 */
export function wrap(text: string, width: number, indent = "", first = indent): readonly string[] {
  const room = Math.max(1, width - Math.max(columns(indent), columns(first)));
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text)
    .split(" ")
    .filter(Boolean)
    .flatMap((w) => pieces(w, room))) {
    if (line !== "" && columns(`${line} ${word}`) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines.map((one, index) => `${index === 0 ? first : indent}${one}`.trimEnd());
}

function pieces(word: string, room: number): readonly string[] {
  if (columns(word) <= room) return [word];
  const cut: string[] = [];
  let piece = "";
  for (const { segment } of new Intl.Segmenter().segment(word)) {
    if (piece !== "" && columns(piece + segment) > room) {
      cut.push(piece);
      piece = "";
    }
    piece += segment;
  }
  return piece === "" ? cut : [...cut, piece];
}

/** Facts joined by ` · `, broken between facts where the line would be too wide; later lines stand behind `indent`. */
export function joinFacts(
  facts: readonly string[],
  width: number,
  indent = "  ",
  first = "",
): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const fact of facts.map(oneLine).filter(Boolean)) {
    const lead = lines.length === 0 ? first : indent;
    const longer = line === "" ? `${lead}${fact}` : `${line} · ${fact}`;
    if (columns(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    const broken = wrap(fact, width, indent, lines.length === 0 ? first : indent);
    lines.push(...broken.slice(0, -1));
    line = broken.at(-1) ?? "";
  }
  return line === "" ? lines : [...lines, line];
}
