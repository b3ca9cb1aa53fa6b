import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";

/** What is in a bundle, by path without its folder. */
export async function unpack(file: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const reader = extract();
  reader.on("entry", (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      found.set(header.name.replace(/^[^/]+\//, ""), Buffer.concat(chunks).toString("utf8"));
      next();
    });
  });
  const done = new Promise<void>((resolve, reject) => reader.on("finish", resolve).on("error", reject));
  Readable.from([gunzipSync(await readFile(file))]).pipe(reader);
  await done;
  return found;
}
