import { renderCount, renderNumber } from "@baton/core";
import type { Manifest } from "../support/bundle/collect.ts";
import { paintMark } from "./mark.ts";
import { paintWith } from "./paint.ts";
import { type RenderOptions, wrap } from "./text.ts";

/** A bundle that was written. */
export interface WrittenBundle {
  readonly file: string;
  readonly bytes: number;
  readonly manifest: Manifest;
}

/** Where a bundle is, what was taken out of it and what it lacks. */
export function renderBundle(
  { file, bytes, manifest }: WrittenBundle,
  options: RenderOptions,
): readonly string[] {
  const paint = paintWith(options.color);
  const { files, missing } = manifest;
  return [
    `${paintMark("done", paint)} ${file}`,
    ...wrap(
      `${renderNumber(Math.ceil(bytes / 1024))} KB, ${renderCount(files.length, "file")}, for you alone to read`,
      options.width,
      "    ",
    ),
    ...wrap(removedWords(manifest), options.width, "    "),
    ...missing.flatMap(({ what, why }) => wrap(`left out: ${what}: ${why}`, options.width, "    ", "  ◌ ")),
    ...wrap(
      "Look into it before you send it: its manifest.json lists each file and what was taken out.",
      options.width,
      "  ",
    ),
  ];
}

function removedWords({ files }: Manifest): string {
  const kinds = new Map<string, number>();
  for (const { removed } of files)
    for (const [name, times] of Object.entries(removed)) kinds.set(name, (kinds.get(name) ?? 0) + times);
  const total = [...kinds.values()].reduce((sum, times) => sum + times, 0);
  const most = [...kinds]
    .sort((a, b) => b[1] - a[1])
    .map(([name, times]) => `${renderNumber(times)} × ${name}`);
  return total === 0 ? "no secrets were found to take out" : `secrets taken out: ${most.join(", ")}`;
}
