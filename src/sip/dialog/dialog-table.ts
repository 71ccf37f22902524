import type { SipMessage } from "../message/message.ts";
import { dialogKey, idOfIncomingRequest } from "./dialog-id.ts";
import type { DialogId } from "./dialog-id.ts";

/** Who has which dialog. Bounded by its users: whoever adds a dialog removes it. */
export class DialogTable<Owner> {
  readonly #owners = new Map<string, Owner>();

  get size(): number {
    return this.#owners.size;
  }

  add(id: DialogId, owner: Owner): void {
    this.#owners.set(dialogKey(id), owner);
  }

  /** Whose dialog a request from the other end belongs to. One without a To tag belongs to none (RFC 3261 §12.2.2). */
  find(request: SipMessage): Owner | undefined {
    return request.toTag === undefined
      ? undefined
      : this.#owners.get(dialogKey(idOfIncomingRequest(request)));
  }

  get(id: DialogId): Owner | undefined {
    return this.#owners.get(dialogKey(id));
  }

  remove(id: DialogId): void {
    this.#owners.delete(dialogKey(id));
  }

  /** All owners at this moment; each may remove itself meanwhile. */
  owners(): Owner[] {
    return [...this.#owners.values()];
  }
}
