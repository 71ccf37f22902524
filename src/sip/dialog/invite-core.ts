import type { SipRequest } from "../message/message.ts";
import type { HeaderFields, ServerTransaction } from "../transaction/transaction-user.ts";
import type { DialogId } from "./dialog-id.ts";
import { DialogTable } from "./dialog-table.ts";
import type { EarlyDialog } from "./early-dialog.ts";
import { IncomingInvite } from "./incoming-invite.ts";
import { OpenByes } from "./open-byes.ts";
import { OutgoingInvite } from "./outgoing-invite.ts";
import type { OutgoingInviteOptions } from "./outgoing-invite.ts";
import type { InvitePorts, Session } from "./session.ts";
import type { Way } from "./way.ts";

/** RFC 3261 §13 to §15: the calls of one element, in either direction, and which request belongs to which of them. */
export class InviteCore {
  readonly #ports: InvitePorts;
  readonly #table = new DialogTable<Session>();
  readonly #early = new DialogTable<EarlyDialog>();

  constructor(ports: Omit<InvitePorts, "table" | "early" | "byes">) {
    const byes = new OpenByes(ports.clock);
    this.#ports = { ...ports, table: this.#table, early: this.#early, byes };
  }

  /** Calls that are answered and have not ended. */
  get sessions(): readonly Session[] {
    return this.#table.owners();
  }

  /** Early dialogs, in either direction, of calls that ring. */
  get earlyDialogs(): readonly EarlyDialog[] {
    return this.#early.owners();
  }

  /** An INVITE outside a dialog came. `way`: by which all that follows goes; absent: its Contact says where. */
  take(transaction: ServerTransaction, request: SipRequest, way?: Way): IncomingInvite {
    return new IncomingInvite(this.#ports, transaction, request, way);
  }

  /** Places a call. `request` is an INVITE without Contact. Nothing is told before this returns. */
  call(request: SipRequest, options: OutgoingInviteOptions): OutgoingInvite {
    return new OutgoingInvite(this.#ports, request, options);
  }

  /** The call that a request within a dialog is for, answered or ringing. */
  find(request: SipRequest): Session | EarlyDialog | undefined {
    return this.#table.find(request) ?? this.#early.find(request);
  }

  /** The call that has this dialog. */
  findDialog(id: DialogId): Session | undefined {
    return this.#table.get(id);
  }

  /** A request within a dialog; false: there is none of ours, and 481 is due (RFC 3261 §12.2.2). */
  receive(transaction: ServerTransaction, request: SipRequest): boolean {
    const call = this.find(request);
    call?.receive(transaction, request);
    return call !== undefined;
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
    for (const call of [...this.sessions, ...this.earlyDialogs]) call.close();
  }
}
