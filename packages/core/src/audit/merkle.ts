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
  const sorted = [...heads].sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0));
  return rootOf(
    sorted.map((head) => headLeaf(head, sha256)),
    sha256,
  );
}

/** The leaf of a stream's head. */
export const headLeaf = (head: TreeHead, sha256: Sha256): string =>
  sha256(["baton-leaf", head.stream, head.hash].join("\n"));

/** The node above two others. */
export const treeNode = (left: string, right: string, sha256: Sha256): string =>
  sha256(["baton-node", left, right].join("\n"));

/** The root of a tree without leaves. */
export const emptyRoot = (sha256: Sha256): string => sha256("baton-empty");

/** Where the way from a leaf along its siblings leads: the root, if the proof is one. */
export const climb = (leaf: string, proof: readonly ProofStep[], sha256: Sha256): string =>
  proof.reduce(
    (hash, step) =>
      step.side === "left" ? treeNode(step.hash, hash, sha256) : treeNode(hash, step.hash, sha256),
    leaf,
  );

function rootOf(leaves: readonly string[], sha256: Sha256): string {
  const [first] = leaves;
  if (first === undefined) return emptyRoot(sha256);
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return treeNode(rootOf(leaves.slice(0, split), sha256), rootOf(leaves.slice(split), sha256), sha256);
}
