import type { Sha256 } from "../plan/hash.ts";
import { emptyRoot, headLeaf, type TreeHead, treeNode } from "./merkle.ts";

/**
 * The tree over the heads of all streams, in the order of the streams' first events: a head that moves and a stream that begins
 * change one path each, so that the root is cheap after every statement of a long journal. A last node without a neighbour
 * rises as it is, which gives the shape of RFC 6962.
 */
export class HeadTree {
  readonly #sha256: Sha256;
  readonly #places = new Map<string, number>();
  /** From the leaves up to the root. */
  readonly #levels: string[][] = [[]];
  readonly #touched = new Set<number>();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** How many streams there are. */
  get size(): number {
    return this.#places.size;
  }

  /** The stream ends with this hash now. */
  set(head: TreeHead): void {
    const place = this.#places.get(head.stream) ?? this.#places.size;
    this.#places.set(head.stream, place);
    const leaves = this.#levels[0] ?? [];
    leaves[place] = headLeaf(head, this.#sha256);
    this.#touched.add(place);
  }

  /** The root over all heads as they are now. */
  root(): string {
    let touched = new Set(this.#touched);
    this.#touched.clear();
    for (let level = 0; (this.#levels[level]?.length ?? 0) > 1; level++) {
      const nodes = this.#levels[level] ?? [];
      this.#levels[level + 1] ??= [];
      const above = this.#levels[level + 1] ?? [];
      touched = new Set([...touched].map((place) => Math.floor(place / 2)));
      for (const place of touched) {
        const left = nodes[place * 2] ?? "";
        const right = nodes[place * 2 + 1];
        above[place] = right === undefined ? left : treeNode(left, right, this.#sha256);
      }
    }
    return this.#levels.at(-1)?.[0] ?? emptyRoot(this.#sha256);
  }
}
