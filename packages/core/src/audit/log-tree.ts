import type { Sha256 } from "../plan/hash.ts";
import { emptyRoot, type ProofStep, treeNode } from "./merkle.ts";

/** The leaf of the event at a position: it names the position, so that no event can be shown at another's place. */
export const eventLeaf = (position: number, hash: string, sha256: Sha256): string =>
  sha256(["baton-event", position, hash].join("\n"));

/** The root over a log's peaks, as `LogTree` keeps them. */
export function logRoot(peaks: readonly string[], sha256: Sha256): string {
  const last = peaks.at(-1);
  if (last === undefined) return emptyRoot(sha256);
  return peaks.slice(0, -1).reduceRight((right, left) => treeNode(left, right, sha256), last);
}

/**
 * The tree over all events in the order of their positions, in the shape of RFC 6962. It grows at the end and remembers its
 * peaks only: the roots of its whole subtrees, one for each binary digit of its size, the largest first.
 */
export class LogTree {
  readonly #sha256: Sha256;
  readonly #peaks: string[];
  #size: number;

  constructor(sha256: Sha256, size = 0, peaks: readonly string[] = []) {
    this.#sha256 = sha256;
    this.#size = size;
    this.#peaks = [...peaks];
  }

  /** How many events are in it; the position of the last one. */
  get size(): number {
    return this.#size;
  }

  get peaks(): readonly string[] {
    return [...this.#peaks];
  }

  /** Adds the event of the next position. */
  add(hash: string): void {
    this.#size++;
    let top = eventLeaf(this.#size, hash, this.#sha256);
    for (let left = this.#size; left % 2 === 0; left /= 2)
      top = treeNode(this.#peaks.pop() ?? "", top, this.#sha256);
    this.#peaks.push(top);
  }
}

interface Peak {
  readonly hash: string;
  readonly size: number;
  /** Positions in this subtree whose proof is wanted. */
  readonly wanted: readonly number[];
}

/** Collects, in one pass over the events, the siblings that lead from some of them to the root. */
export class LogProver {
  readonly #sha256: Sha256;
  readonly #wanted: ReadonlySet<number>;
  readonly #proofs = new Map<number, ProofStep[]>();
  readonly #peaks: Peak[] = [];
  #size = 0;

  constructor(wanted: Iterable<number>, sha256: Sha256) {
    this.#wanted = new Set(wanted);
    this.#sha256 = sha256;
  }

  /** Takes the event of the next position. */
  add(hash: string): void {
    const position = ++this.#size;
    let top: Peak = {
      hash: eventLeaf(position, hash, this.#sha256),
      size: 1,
      wanted: this.#wanted.has(position) ? [position] : [],
    };
    for (let left = this.#peaks.at(-1); left?.size === top.size; left = this.#peaks.at(-1)) {
      this.#peaks.pop();
      top = this.#join(left, top);
    }
    this.#peaks.push(top);
  }

  /** The proof of each position that was wanted and has been taken. */
  proofs(): ReadonlyMap<number, readonly ProofStep[]> {
    const last = this.#peaks.pop();
    if (last !== undefined) this.#peaks.reduceRight((right, left) => this.#join(left, right), last);
    return this.#proofs;
  }

  #join(left: Peak, right: Peak): Peak {
    for (const position of left.wanted) this.#step(position, { side: "right", hash: right.hash });
    for (const position of right.wanted) this.#step(position, { side: "left", hash: left.hash });
    const hash = treeNode(left.hash, right.hash, this.#sha256);
    return { hash, size: left.size + right.size, wanted: [...left.wanted, ...right.wanted] };
  }

  #step(position: number, step: ProofStep): void {
    const proof = this.#proofs.get(position) ?? [];
    proof.push(step);
    this.#proofs.set(position, proof);
  }
}
