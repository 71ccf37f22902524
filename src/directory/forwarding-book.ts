import type { Callers, Forwarding, When } from "../forwarding/rules.ts";
import type { ForwardingName, StoredForwarding } from "./directory-store.ts";
import type { ForwardingOwner } from "./installation.ts";
import { ownerName, rankOf } from "./owner.ts";

type Key = { readonly when: When; readonly callers: Callers };

/** All rules in memory, by their owner: each a handful, in the order in which they are listed. */
export class ForwardingBook {
  readonly #byOwner = new Map<string, readonly StoredForwarding[]>();

  constructor(stored: readonly StoredForwarding[]) {
    for (const forwarding of stored) this.put(forwarding);
  }

  /** What is known of this rule, one that was taken away by its user included. */
  find(owner: ForwardingOwner, key: Key): StoredForwarding | undefined {
    return this.allOf(owner).find(({ when, callers }) => when === key.when && callers === key.callers);
  }

  /** The owner's, those included that were taken away. */
  allOf(owner: ForwardingOwner): readonly StoredForwarding[] {
    return this.#byOwner.get(ownerName(owner)) ?? none;
  }

  /** The rules of the owner that hold. */
  rulesOf(owner: ForwardingOwner): readonly Forwarding[] {
    return this.allOf(owner)
      .map(({ forwarding }) => forwarding)
      .filter((rule) => rule !== undefined);
  }

  *all(): Generator<StoredForwarding, void, void> {
    for (const ofOwner of this.#byOwner.values()) yield* ofOwner;
  }

  put(stored: StoredForwarding): void {
    const name = ownerName(stored.owner);
    const others = this.#byOwner.get(name);
    if (others === undefined) this.#byOwner.set(name, [stored]);
    else this.#byOwner.set(name, inOrder([...others.filter((other) => !isSame(other, stored)), stored]));
  }

  remove(name: ForwardingName): void {
    const left = this.allOf(name.owner).filter((other) => !isSame(other, name));
    if (left.length === 0) this.#byOwner.delete(ownerName(name.owner));
    else this.#byOwner.set(ownerName(name.owner), left);
  }

  /** For an owner that is gone. */
  removeAllOf(owner: ForwardingOwner): void {
    this.#byOwner.delete(ownerName(owner));
  }
}

const none: readonly StoredForwarding[] = [];

function isSame(one: Key, other: Key): boolean {
  return one.when === other.when && one.callers === other.callers;
}

function inOrder(forwardings: readonly StoredForwarding[]): readonly StoredForwarding[] {
  return forwardings.toSorted((one, other) => rankOf(one) - rankOf(other));
}
