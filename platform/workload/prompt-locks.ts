/** One user at a prompt at a time, so that what it must hold is always known while it is read. */
export class PromptLocks {
  /** Held prompts, each with those who wait for it in order. */
  readonly #held = new Map<string, (() => void)[]>();

  /** Takes the lock where it is free. False: somebody has it. */
  tryTake(prompt: string): boolean {
    if (this.#held.has(prompt)) return false;
    this.#held.set(prompt, []);
    return true;
  }

  /** Takes the lock, waiting for it where needed. */
  async take(prompt: string): Promise<void> {
    const waiting = this.#held.get(prompt);
    if (waiting === undefined) {
      this.#held.set(prompt, []);
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** Gives the lock back; the first who waits has it then. */
  give(prompt: string): void {
    const next = this.#held.get(prompt)?.shift();
    if (next === undefined) this.#held.delete(prompt);
    else next();
  }
}
