import { Refusal } from "../../src/base/refusal.ts";
import type {
  DirectoryChanges,
  DirectoryStore,
  StoredInstallation,
} from "../../src/directory/directory-store.ts";
import { ForwardingBook } from "../../src/directory/forwarding-book.ts";
import type { StoredFindings } from "../../src/directory/directory-store.ts";
import type { StoredDoNotDisturb } from "../../src/directory/do-not-disturb.ts";
import { InstallationIndex } from "../../src/directory/installation-index.ts";

/** A store without a disk: what is committed is there for the next `Directory.open`. */
export class MemoryStore implements DirectoryStore {
  readonly commits: DirectoryChanges[] = [];
  refuses = false;
  #index = new InstallationIndex(nothing);
  #book = new ForwardingBook([]);
  readonly #quiet = new Map<string, StoredDoNotDisturb>();
  readonly #findings = new Map<string, StoredFindings>();

  load(): Promise<StoredInstallation> {
    const { sites, profiles, pbxs, groups, lines, users, tokens } = this.#index;
    return Promise.resolve({
      sites: [...sites.values()],
      profiles: [...profiles.values()],
      pbxs: [...pbxs.values()],
      groups: [...groups.values()],
      lines: [...lines.values()],
      users: [...users.values()],
      tokens: [...tokens.values()],
      forwardings: structuredClone([...this.#book.all()]),
      doNotDisturb: [...this.#quiet.values()],
      findings: [...this.#findings.values()],
    });
  }

  async commit(changes: DirectoryChanges): Promise<void> {
    await new Promise(setImmediate);
    if (this.refuses) throw new Refusal("storage-unavailable", "Nothing was changed: the disk is full");
    this.commits.push(changes);
    this.#index.take(changes);
    for (const line of changes.lines?.remove ?? []) {
      this.#book.removeAllOf({ line });
      this.#quiet.delete(line);
    }
    for (const line of changes.doNotDisturb?.remove ?? []) this.#quiet.delete(line);
    for (const stored of changes.doNotDisturb?.put ?? []) this.#quiet.set(stored.line, stored);
    for (const pbx of changes.pbxs?.remove ?? []) this.#findings.delete(pbx);
    for (const pbx of changes.findings?.remove ?? []) this.#findings.delete(pbx);
    for (const stored of changes.findings?.put ?? []) this.#findings.set(stored.pbx, stored);
    for (const name of changes.forwardings?.remove ?? []) this.#book.remove(name);
    for (const stored of changes.forwardings?.put ?? []) this.#book.put(stored);
  }
}

const nothing: StoredInstallation = {
  sites: [],
  profiles: [],
  pbxs: [],
  groups: [],
  lines: [],
  users: [],
  tokens: [],
  forwardings: [],
  doNotDisturb: [],
  findings: [],
};
