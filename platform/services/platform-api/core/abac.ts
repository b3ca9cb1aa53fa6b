import { PLATFORM_TENANT } from "../../../shared/demo-users.ts";

/** Everything a call may want to do. */
export type Action =
  | "tenant.create"
  | "tenant.read"
  | "setting.read"
  | "setting.write"
  | "bundle.create"
  | "bundle.read"
  | "prompt.read"
  | "prompt.write";

/** Who asks: the claims of the token. */
export interface Subject {
  readonly tenant: string;
  readonly roles: readonly string[];
}

/** What is asked for: whose it is. The platform's own things belong to the tenant `platform`. */
export interface Resource {
  readonly tenant: string;
}

/** The decision, with the rule that allowed it; no rule means denied. */
export interface Decision {
  readonly allowed: boolean;
  readonly rule: string | null;
}

type Attribute = "prompts" | "settings" | "platform";
type Level = "read" | "write";

interface Rule {
  readonly id: string;
  readonly actions: readonly Action[];
  readonly attribute: Attribute;
  readonly levels: readonly Level[];
  /** `tenant`: the resource is of the subject's own tenant; `platform`: both are the platform's. */
  readonly reach: "tenant" | "platform";
}

/** What each role carries. A role that is not listed carries nothing. */
const ROLE_ATTRIBUTES: ReadonlyMap<string, Readonly<Partial<Record<Attribute, Level>>>> = new Map([
  ["viewer", { prompts: "read", settings: "read" }],
  ["editor", { prompts: "write", settings: "read" }],
  ["admin", { prompts: "write", settings: "write" }],
  ["platform-admin", { platform: "write" }],
]);

const RULES: readonly Rule[] = [
  {
    id: "read-prompts",
    actions: ["bundle.read", "prompt.read"],
    attribute: "prompts",
    levels: ["read", "write"],
    reach: "tenant",
  },
  {
    id: "write-prompts",
    actions: ["bundle.create", "prompt.write"],
    attribute: "prompts",
    levels: ["write"],
    reach: "tenant",
  },
  {
    id: "read-settings",
    actions: ["setting.read"],
    attribute: "settings",
    levels: ["read", "write"],
    reach: "tenant",
  },
  {
    id: "write-settings",
    actions: ["setting.write"],
    attribute: "settings",
    levels: ["write"],
    reach: "tenant",
  },
  {
    id: "administer-platform",
    actions: ["tenant.create", "tenant.read", "setting.read", "setting.write"],
    attribute: "platform",
    levels: ["write"],
    reach: "platform",
  },
];

/** Decides one call. Default deny: allowed only where a rule says so. Pure. */
export function decide(subject: Subject, action: Action, resource: Resource): Decision {
  const rule = RULES.find(
    (candidate) =>
      candidate.actions.includes(action) &&
      reaches(candidate, subject, resource) &&
      subject.roles.some((role) => carries(role, candidate)),
  );
  return { allowed: rule !== undefined, rule: rule?.id ?? null };
}

function reaches(rule: Rule, subject: Subject, resource: Resource): boolean {
  const ofPlatform = resource.tenant === PLATFORM_TENANT;
  return subject.tenant === resource.tenant && (rule.reach === "platform") === ofPlatform;
}

function carries(role: string, rule: Rule): boolean {
  const level = ROLE_ATTRIBUTES.get(role)?.[rule.attribute];
  return level !== undefined && rule.levels.includes(level);
}
