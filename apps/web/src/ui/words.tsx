import type { ReactNode } from "react";

/** A sentence as Baton writes it: what stands between backticks is a command or a name. */
export function Words({ children }: { readonly children: string }): ReactNode {
  // The parts of a sentence stay where they are: their place is their name.
  return children.split("`").map((part, at) => {
    const key = `${at}${part}`;
    return at % 2 === 0 ? <span key={key}>{part}</span> : <code key={key}>{part}</code>;
  });
}
