import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import "./controls.css";

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type" | "className"> {
  readonly look?: "primary" | "plain" | "ghost" | "danger";
  readonly icon?: IconName;
  readonly size?: "small" | "normal";
  readonly submits?: boolean;
  readonly children?: ReactNode;
}

/** A button. Its words say what will happen; one with an icon alone needs an `aria-label`. */
export function Button({
  look = "plain",
  icon,
  size = "normal",
  submits = false,
  children,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type={submits ? "submit" : "button"}
      className="button"
      data-look={look}
      data-size={size}
      {...(children === undefined ? { "data-icon-only": "" } : {})}
      {...rest}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}
