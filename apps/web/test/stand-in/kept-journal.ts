import { generateKeyPairSync } from "node:crypto";
import { openSigningKey } from "@baton/adapters";
import { exportJournal, signHeads, streams } from "@baton/conductor";
import {
  type AnchorPort,
  type Json,
  ok,
  type RunEvent,
  type SignerPort,
  type StoredEvent,
} from "@baton/core";
import { createMemoryJournal } from "@baton/journal";
import { type RunHistory, value } from "./history.ts";

const CONTROL =
  /^(run\.(approved|rollback-requested|paused|resumed|abort-requested|emergency-stop-requested|retry-requested|scope-set)|hold\.approved|step\.(skip-requested|done-declared)|tenant\.rollback-requested)$/;

/** A real journal in memory: chained, signed with a key of its own, anchored. Time is where the scenario puts it. */
export class KeptJournal {
  readonly #clock = { now: 0 };
  readonly #journal = createMemoryJournal({ now: () => this.#clock.now });
  readonly #lines: string[] = [];
  readonly #anchor: AnchorPort = {
    place: "a file beside the state folder",
    read: async () => ok(this.#lines.length === 0 ? null : this.#lines),
    append: async (_, lines) => {
      this.#lines.push(...lines);
      return ok(undefined);
    },
  };
  readonly signer: SignerPort;
  readonly stored: StoredEvent[] = [];

  private constructor(signer: SignerPort) {
    this.signer = signer;
  }

  static async open(): Promise<KeptJournal> {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const signer = value(
      await openSigningKey({ stateDir: "", env: { BATON_AUDIT_KEY: pem }, create: false }),
    );
    if (signer === null) throw new Error("there is no key");
    return new KeptJournal(signer);
  }

  get anchorLines(): readonly string[] {
    return this.#lines;
  }

  async append(history: RunHistory, from: number, to: number): Promise<readonly StoredEvent[]> {
    const added: StoredEvent[] = [];
    for (const { at, event } of history.events.slice(from, to)) {
      this.#clock.now = at;
      const stream = streamOf(history, event);
      const { type, ...data } = event;
      const events = [{ type, version: 1, data: data as Json }];
      added.push(...value(await this.#journal.append([{ stream, expectedSeq: null, events }], null)));
    }
    this.stored.push(...added);
    return added;
  }

  async sign(): Promise<void> {
    value(await signHeads({ journal: this.#journal, signer: this.signer, anchor: this.#anchor }));
  }

  async statements() {
    return value(await this.#journal.audit.statements(0, 1_000));
  }

  async exported(): Promise<readonly string[]> {
    const lines: string[] = [];
    const write = async (line: string) => void lines.push(line);
    value(await exportJournal({ journal: this.#journal, run: null, write }));
    return lines;
  }
}

function streamOf({ run, plan }: RunHistory, event: RunEvent): string {
  if (CONTROL.test(event.type)) return streams.control(run);
  const step = "step" in event ? plan.steps.find((one) => one.id === event.step) : undefined;
  const effect = event.type.startsWith("effect.") && step?.fanOut === true && "unit" in event;
  return effect ? streams.unit(run, event.unit) : streams.run(run);
}
