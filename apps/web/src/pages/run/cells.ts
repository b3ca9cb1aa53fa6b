import { type PlanIndex, TENANT_MARKS, type TenantStanding } from "@baton/core";
import type { LiveTenant, LiveView } from "../../api/live-run.ts";
import type { Cell } from "./grid/grid-painter.ts";

const STANDING_WORDS: Readonly<Record<TenantStanding, string>> = {
  pending: "not begun",
  running: "at work",
  done: "done",
  parked: "parked, keeps its old shape",
  undoing: "being taken back",
  undone: "taken back",
};

/** Makes cells out of a run's tenants; a tenant that did not change keeps its cell. */
export class Cells {
  readonly #made = new WeakMap<LiveTenant, Cell>();
  /** By ring: which steps fan out over its tenants, in order. */
  readonly #paths = new Map<string, readonly string[]>();
  readonly #index: PlanIndex;

  constructor(index: PlanIndex) {
    this.#index = index;
  }

  of(fleet: LiveView["fleet"], tenants: readonly LiveTenant[]): readonly Cell[] {
    if (fleet === null) return [];
    return tenants.map((tenant) => {
      const known = this.#made.get(tenant);
      if (known !== undefined) return known;
      const ring = fleet.rings[tenant.ring] ?? "unknown";
      const standing = fleet.standings[tenant.standing];
      const step = fleet.steps[tenant.step]?.step;
      const cell: Cell = {
        tenant: tenant.id,
        ring,
        mark: standing === undefined ? "unknown" : TENANT_MARKS[standing],
        filled: standing === "done" ? 1 : this.#share(ring, tenant.id, step),
      };
      this.#made.set(tenant, cell);
      return cell;
    });
  }

  /** How far along its own steps a tenant is that is in this one. */
  #share(ring: string, tenant: string, step: string | undefined): number {
    if (step === undefined) return 0;
    let path = this.#paths.get(ring);
    if (path === undefined) {
      path = this.#index.order.filter((id) => {
        const planned = this.#index.steps.get(id);
        return planned?.fanOut === true && planned.units.includes(tenant);
      });
      this.#paths.set(ring, path);
    }
    return path.length === 0 ? 0 : (path.indexOf(step) + 0.5) / path.length;
  }
}

/** What a tenant is in, in words. */
export function tenantWords(fleet: LiveView["fleet"], tenant: LiveTenant | undefined): string {
  if (tenant === undefined || fleet === null) return "unknown";
  const standing = fleet.standings[tenant.standing];
  const words = standing === undefined ? "unknown" : STANDING_WORDS[standing];
  const step = fleet.steps[tenant.step];
  return step === undefined || standing === "done" ? words : `${words} · ${step.title} (${step.step})`;
}
