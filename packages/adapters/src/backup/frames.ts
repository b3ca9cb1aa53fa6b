import { ProblemError } from "@baton/core";
import { damaged } from "./problems.ts";

/** One part of an archive: the begin of an entry with what it is, some of its bytes, its end with what they come to. */
export type Frame =
  | { readonly kind: "begin"; readonly entry: EntryHead }
  | { readonly kind: "data"; readonly bytes: Buffer }
  | { readonly kind: "end"; readonly sums: EntrySums };

/** What an entry holds. `document`: a JSON value; `table`: rows as COPY writes them; `file`: a file's bytes. */
export interface EntryHead {
  readonly type: "document" | "table" | "file";
  readonly name: string;
}

/** What was counted while an entry was written, to compare with while it is read. */
export interface EntrySums {
  readonly bytes: number;
  readonly rows: number;
  /** Of a table: the sum over its rows, in any order. Of anything else: SHA-256. */
  readonly digest: string;
}

const KINDS = ["begin", "data", "end"] as const;
const HEAD = 5;
/** More than any writer makes of one part; a larger length is damage, and must not be allocated. */
const LONGEST = 256 * 1024 * 1024;

/** The bytes of one frame: kind, length, content. */
export function encodeFrame(frame: Frame): Buffer {
  const content =
    frame.kind === "data"
      ? frame.bytes
      : Buffer.from(JSON.stringify(frame.kind === "begin" ? frame.entry : frame.sums));
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(KINDS.indexOf(frame.kind), 0);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** The frames in a stream of bytes. Throws a `ProblemError` with `BATON-BACKUP-DAMAGED` where there are none. */
export async function* decodeFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (rest.length < HEAD) break;
      const length = rest.readUInt32BE(1);
      if (length > LONGEST) throw new ProblemError(damaged("a part of it is longer than any can be"));
      if (rest.length < HEAD + length) break;
      yield frameOf(rest.readUInt8(0), rest.subarray(HEAD, HEAD + length));
      rest = rest.subarray(HEAD + length);
    }
  }
  if (rest.length > 0) throw new ProblemError(damaged("it ends within a part"));
}

function frameOf(kind: number, content: Buffer): Frame {
  switch (KINDS[kind]) {
    case "begin":
      return { kind: "begin", entry: JSON.parse(content.toString("utf8")) as EntryHead };
    case "data":
      return { kind: "data", bytes: content };
    case "end":
      return { kind: "end", sums: JSON.parse(content.toString("utf8")) as EntrySums };
    default:
      throw new ProblemError(damaged("it holds a part of a kind that there is not"));
  }
}
