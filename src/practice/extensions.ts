import type { PracticeExtension } from "./practice-settings.ts";

interface Entry {
  account: PracticeExtension;
  calls: number;
}

/** The PBX's accounts, and how many calls each is in. */
export class Extensions {
  readonly #entries = new Map<string, Entry>();

  constructor(accounts: Iterable<PracticeExtension>) {
    for (const account of accounts) this.set(account);
  }

  find(extension: string): PracticeExtension | undefined {
    return this.#entries.get(extension)?.account;
  }

  /** Adds an account or changes it; its calls go on. */
  set(account: PracticeExtension): void {
    const entry = this.#entries.get(account.extension);
    if (entry === undefined) this.#entries.set(account.extension, { account, calls: 0 });
    else entry.account = account;
  }

  /** Calls in either direction, ringing ones included. */
  callsOf(extension: string): number {
    return this.#entries.get(extension)?.calls ?? 0;
  }

  /** Counts a call in; what it returns counts it out again, once. */
  enter(extension: string): () => void {
    const entry = this.#entries.get(extension);
    if (entry === undefined) return () => {};
    entry.calls++;
    let isIn = true;
    return () => {
      if (isIn) entry.calls--;
      isIn = false;
    };
  }
}
