import type { Box } from "./layout.ts";

const TOWARDS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The box an arrow key leads to from another: the nearest in that direction; null where there is none, or for another key. */
export function nearest(boxes: readonly Box[], from: string, key: string): string | null {
  const towards = TOWARDS[key];
  const here = boxes.find((box) => box.id === from);
  if (towards === undefined || here === undefined) return null;
  const [dx, dy] = towards;
  let best: { readonly id: string; readonly cost: number } | null = null;
  for (const box of boxes) {
    const along = (box.x - here.x) * dx + (box.y - here.y) * dy;
    if (along <= 0) continue;
    const aside = Math.abs((box.x - here.x) * dy) + Math.abs((box.y - here.y) * dx);
    const cost = along + aside * 3;
    if (best === null || cost < best.cost) best = { id: box.id, cost };
  }
  return best?.id ?? null;
}
