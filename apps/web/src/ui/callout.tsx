import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";

/** Something to know before one goes on, that is no problem. */
export function Callout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <div className="callout">
      <Icon name="warning" />
      <p>{children}</p>
    </div>
  );
}
