import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Empty } from "../ui/empty.tsx";
import "../ui/controls.css";

/** An address that leads nowhere. */
export function NotFound(): ReactNode {
  return (
    <div className="page">
      <Empty title="There is no such page">The address may be of an older Baton, or cut off.</Empty>
      <div>
        <Link className="link-button" to="/">
          Go to Today
        </Link>
      </div>
    </div>
  );
}
