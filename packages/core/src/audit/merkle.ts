import type { Sha256 } from "../plan/hash.ts";

/** A stream and the hash of its last event. That hash covers the sequence, so the tree need not. */
export interface TreeHead {
  readonly stream: string;
  readonly hash: string;
}

/** A sibling on the way from a leaf to the root. */
export interface ProofStep {
  readonly side: "left" | "right";
  readonly hash: string;
}

/**
 * A tree over stream heads, in the shape of RFC 6962: leaves sorted by stream, split at the largest power of two below their
 * number, leaves and nodes hashed under different names so that neither can pass for the other. Text in place of bytes:
 * a leaf is `baton-leaf`, stream and hash, a node `baton-node`, left and right, each on a line of its own.
 */
export function merkleRoot(heads: readonly TreeHead[], sha256: Sha256): string {
  return rootOf(leavesOf(heads, sha256), sha256);
}

/** The siblings that lead from one stream's head to the root; null when the stream is not among the heads. */
export function merkleProof(
  heads: readonly TreeHead[],
  stream: string,
  sha256: Sha256,
): readonly ProofStep[] | null {
  const position = sortedHeads(heads).findIndex((head) => head.stream === stream);
  return position < 0 ? null : pathOf(leavesOf(heads, sha256), position, sha256);
}

/** Whether the proof leads from this head to this root. */
export function verifyMerkleProof(
  head: TreeHead,
  proof: readonly ProofStep[],
  root: string,
  sha256: Sha256,
): boolean {
  const reached = proof.reduce(
    (hash, step) => (step.side === "left" ? node(step.hash, hash, sha256) : node(hash, step.hash, sha256)),
    leaf(head, sha256),
  );
  return reached === root;
}

const leaf = (head: TreeHead, sha256: Sha256): string =>
  sha256(["baton-leaf", head.stream, head.hash].join("\n"));

const node = (left: string, right: string, sha256: Sha256): string =>
  sha256(["baton-node", left, right].join("\n"));

const sortedHeads = (heads: readonly TreeHead[]): readonly TreeHead[] =>
  [...heads].sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0));

const leavesOf = (heads: readonly TreeHead[], sha256: Sha256): readonly string[] =>
  sortedHeads(heads).map((head) => leaf(head, sha256));

function rootOf(leaves: readonly string[], sha256: Sha256): string {
  const [first] = leaves;
  if (first === undefined) return sha256("baton-empty");
  if (leaves.length === 1) return first;
  const half = splitOf(leaves.length);
  return node(rootOf(leaves.slice(0, half), sha256), rootOf(leaves.slice(half), sha256), sha256);
}

function pathOf(leaves: readonly string[], position: number, sha256: Sha256): readonly ProofStep[] {
  if (leaves.length <= 1) return [];
  const half = splitOf(leaves.length);
  const left = leaves.slice(0, half);
  const right = leaves.slice(half);
  if (position < half)
    return [...pathOf(left, position, sha256), { side: "right", hash: rootOf(right, sha256) }];
  return [...pathOf(right, position - half, sha256), { side: "left", hash: rootOf(left, sha256) }];
}

/** The largest power of two smaller than the count. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}
