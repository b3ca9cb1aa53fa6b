import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Icon } from "../ui/icon.tsx";
import { NAV } from "./nav.ts";

/** The pages, at the left edge; on a phone along the bottom. */
export function Rail({ environment }: { readonly environment: string }): ReactNode {
  return (
    <nav className="rail" aria-label="Pages">
      <Link
        className="rail-logo"
        to="/e/$environment/today"
        params={{ environment }}
        aria-label="Baton, today"
      >
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <path d="M8.5 23.5 23.5 8.5" stroke="var(--strong)" strokeWidth="3.4" strokeLinecap="round" />
          <circle cx="9.4" cy="22.6" r="3.6" fill="var(--blue-solid)" />
        </svg>
      </Link>
      {NAV.map((item) => (
        <Link
          key={item.to}
          className="rail-link"
          to={item.to}
          params={{ environment }}
          activeOptions={{ exact: false }}
        >
          <Icon name={item.icon} size={18} />
          {item.words}
        </Link>
      ))}
    </nav>
  );
}
