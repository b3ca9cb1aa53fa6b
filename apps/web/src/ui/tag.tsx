import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import "./mark.css";

/** A short fact that is no state of a run: its words, and an icon where it wants to be seen. */
export function Tag({
  icon,
  children,
}: {
  readonly icon?: IconName;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span className="tag" data-loud={icon === undefined ? undefined : ""}>
      {icon !== undefined && <Icon name={icon} size={14} />}
      {children}
    </span>
  );
}
