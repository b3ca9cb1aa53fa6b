import type { IconName } from "../ui/icon.tsx";

/** A page of the rail. `go` is the letter that leads there after `g`. */
export interface NavItem {
  readonly to: `/e/$environment/${"today" | "releases" | "run" | "fleet" | "audit" | "settings"}`;
  readonly words: string;
  readonly icon: IconName;
  readonly go: string;
}

/** The rail, in order. */
export const NAV: readonly NavItem[] = [
  { to: "/e/$environment/today", words: "Today", icon: "today", go: "t" },
  { to: "/e/$environment/releases", words: "Releases", icon: "releases", go: "r" },
  { to: "/e/$environment/run", words: "Run", icon: "run", go: "u" },
  { to: "/e/$environment/fleet", words: "Fleet", icon: "fleet", go: "f" },
  { to: "/e/$environment/audit", words: "Audit", icon: "audit", go: "a" },
  { to: "/e/$environment/settings", words: "Settings", icon: "settings", go: "s" },
];
