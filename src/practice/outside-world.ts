import type { Result } from "../base/result.ts";
import { succeed } from "../base/result.ts";
import type { IncomingInvite, ListeningPoint, SipRequest } from "../sip/user-agent.ts";
import { takeCall } from "./answering.ts";
import type { Answering } from "./answering.ts";
import { PlacedCall } from "./placed-call.ts";
import { SipParty, answerOther } from "./sip-party.ts";
import type { PartySurroundings } from "./sip-party.ts";

/**
 * The telephone network as a PBX sees it: the carrier at the far end of its trunk. Every number that is dialled there is
 * answered by somebody, and anybody may call in.
 */
export class OutsideWorld {
  /** What those who are called do. */
  answering: Answering = { kind: "answer", afterMs: 0 };
  /** INVITEs that came, in order. */
  readonly received: SipRequest[] = [];
  readonly #party: SipParty;

  private constructor(party: SipParty) {
    this.#party = party;
    party.onRequest = (transaction, request) => {
      if (request.method === "INVITE") this.#receive(party.calls.take(transaction, request));
      else answerOther(transaction, request);
    };
  }

  static async open(
    surroundings: PartySurroundings,
    point: ListeningPoint,
  ): Promise<Result<OutsideWorld, string>> {
    const party = await SipParty.open(point, surroundings);
    return party.ok ? succeed(new OutsideWorld(party.value)) : party;
  }

  /** Where the trunk ends: what a PBX is configured with. */
  get uri(): SipParty["uri"] {
    return this.#party.uri;
  }

  /** Somebody outside calls a number of the PBX at `pbx`; `caller` is a number, or `anonymous`. */
  call(caller: string, dialled: string, pbx: SipParty["uri"]): PlacedCall {
    const { host } = this.#party.address;
    const from = caller === "anonymous" ? "sip:anonymous@anonymous.invalid" : `sip:${caller}@${host}`;
    return new PlacedCall(this.#party, {
      from: `<${from}>`,
      to: `sip:${dialled}@${pbx.host}`,
      user: caller,
      via: pbx,
    });
  }

  /** Ends all calls. */
  hangUp(): void {
    for (const session of this.#party.calls.sessions) session.hangUp();
  }

  /** Leaves without a word. Idempotent. */
  close(): Promise<void> {
    return this.#party.close();
  }

  #receive(invite: IncomingInvite): void {
    this.received.push(invite.request);
    takeCall(this.#party, invite, invite.request.uri?.user ?? "anybody", this.answering);
  }
}
