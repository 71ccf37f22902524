import type { SipRequest } from "../message/message.ts";
import type { HeaderFields, ServerTransaction } from "../transaction/transaction-user.ts";
import type { DialogId } from "./dialog-id.ts";
import { DialogTable } from "./dialog-table.ts";
import { IncomingInvite } from "./incoming-invite.ts";
import { OpenByes } from "./open-byes.ts";
import { OutgoingInvite } from "./outgoing-invite.ts";
import type { OutgoingInviteOptions } from "./outgoing-invite.ts";
import type { InvitePorts, Session } from "./session.ts";

/** RFC 3261 §13 to §15: the calls of one element, in either direction, and which request belongs to which of them. */
export class InviteCore {
  readonly #ports: InvitePorts;
  readonly #table = new DialogTable<Session>();

  constructor(ports: Omit<InvitePorts, "table" | "byes">) {
    this.#ports = { ...ports, table: this.#table, byes: new OpenByes(ports.clock) };
  }

  /** Calls that are answered and have not ended. */
  get sessions(): readonly Session[] {
    return this.#table.owners();
  }

  /** An INVITE outside a dialog came. */
  take(transaction: ServerTransaction, request: SipRequest): IncomingInvite {
    return new IncomingInvite(this.#ports, transaction, request);
  }

  /** Places a call. `request` is an INVITE without Contact. Nothing is told before this returns. */
  call(request: SipRequest, options: OutgoingInviteOptions): OutgoingInvite {
    return new OutgoingInvite(this.#ports, request, options);
  }

  /** The call that a request within a dialog is for. */
  find(request: SipRequest): Session | undefined {
    return this.#table.find(request);
  }

  /** The call that has this dialog. */
  findDialog(id: DialogId): Session | undefined {
    return this.#table.get(id);
  }

  /** A request within a dialog; false: there is none of ours, and 481 is due (RFC 3261 §12.2.2). */
  receive(transaction: ServerTransaction, request: SipRequest): boolean {
    const session = this.#table.find(request);
    session?.receive(transaction, request);
    return session !== undefined;
  }

  /** An ACK that belongs to no transaction. */
  receiveAck(request: SipRequest): void {
    this.#table.find(request)?.acknowledge(request);
  }

  /** Says BYE in all calls that are up, whatever they wait for. Resolves when all are answered, or after `withinMs`. */
  async stop(headers: HeaderFields, withinMs: number): Promise<void> {
    for (const session of this.sessions) session.stop(headers);
    await this.#ports.byes.none(withinMs);
  }

  /** Forgets all calls without a word. Idempotent. */
  close(): void {
    for (const session of this.sessions) session.close();
  }
}
