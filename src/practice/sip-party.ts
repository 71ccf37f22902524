import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { RandomSource } from "../base/random.ts";
import { succeed } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Flow, ListeningPoint, ServerTransaction, SipRequest, SipUri } from "../sip/user-agent.ts";
import {
  InviteCore,
  SystemResolver,
  UserAgent,
  contactUri,
  createResponse,
  parseSipUri,
} from "../sip/user-agent.ts";

/** What all who take part in practice are given. */
export interface PartySurroundings {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
}

/** A request outside a dialog. */
export type PartyRequestHandler = (transaction: ServerTransaction, request: SipRequest, flow: Flow) => void;

/** One who speaks SIP over a socket of its own: the PBX, a phone, the world outside. */
export class SipParty {
  readonly calls: InviteCore;
  readonly userAgent: UserAgent;
  readonly surroundings: PartySurroundings;
  /** Who answers requests outside a dialog. */
  onRequest: PartyRequestHandler = answerOther;
  #address = { host: "127.0.0.1", port: 0 };

  private constructor(surroundings: PartySurroundings) {
    const { clock, random } = surroundings;
    this.surroundings = surroundings;
    this.userAgent = new UserAgent({
      ...surroundings,
      resolver: new SystemResolver({ clock }),
      handler: {
        screen: () => ({ verdict: "accept" }),
        isTrusted: () => true,
        answersMalformed: () => true,
        onRequest: (transaction, request, flow) => {
          if (request.toTag === undefined) this.onRequest(transaction, request, flow);
          else if (!this.calls.receive(transaction, request)) answer(transaction, request, 481);
        },
        onAck: (request) => this.calls.receiveAck(request),
      },
    });
    this.calls = new InviteCore({
      clock,
      random,
      sender: this.userAgent.sender,
      acknowledge: (ack, dialog) => this.userAgent.acknowledge(ack, dialog.nextHop),
    });
  }

  /** The failure says which address or port cannot be had. */
  static async open(
    point: ListeningPoint,
    surroundings: PartySurroundings,
  ): Promise<Result<SipParty, string>> {
    const party = new SipParty(surroundings);
    const transport = await party.userAgent.listen(point);
    if (!transport.ok) {
      await party.close();
      return transport;
    }
    party.#address = { host: transport.value.localAddress, port: transport.value.localPort };
    return succeed(party);
  }

  /** Where it listens. */
  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  /** The same as a URI, to send requests to. */
  get uri(): SipUri {
    const uri = parseSipUri(`sip:${this.#address.host}:${this.#address.port}`);
    if (uri === undefined) throw new Error("a socket's address makes no URI");
    return uri;
  }

  /** The value of a Contact header for what leaves or came by this flow. */
  contactFor(user: string, flow: Flow): string {
    return `<${contactUri(user, this.userAgent.contactAddress(flow))}>`;
  }

  /** Without a word to anybody. Idempotent. */
  async close(): Promise<void> {
    this.calls.close();
    await this.userAgent.close();
  }
}

/** Answers a request that makes no call. */
export function answer(
  transaction: ServerTransaction,
  request: SipRequest,
  status: number,
  headers: readonly (readonly [string, string])[] = [],
): void {
  transaction.respond(createResponse(request, status, undefined, { toTag: transaction.localTag, headers }));
}

const allowedMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS";

/** What those who are called answer to all but INVITE. */
export function answerOther(transaction: ServerTransaction, request: SipRequest): void {
  answer(transaction, request, request.method === "OPTIONS" ? 200 : 405, [["Allow", allowedMethods]]);
}
