import { Buffer } from "node:buffer";
import type { HeaderFields, SipRequest } from "../../sip/user-agent.ts";
import { createResponse } from "../../sip/user-agent.ts";
import type { Passage } from "../bridge/pass-request.ts";

/** How long a phone may wait for word of the transfer, in seconds; it is given up on before. */
const subscriptionSeconds = 240;

/** The subscription that a phone's REFER makes at Divert (RFC 3515 §2.4.4): what the transfer has come to. */
export class ReferProgress {
  readonly #passage: Passage;
  readonly #isWanted: boolean;
  readonly #event: string;
  #isOver = false;
  #said = 0;

  /** Says 202, and that it is being tried. `isFirst`: of the phone's REFERs within its call. */
  constructor(passage: Passage, isFirst: boolean) {
    const { request, transaction, from } = passage;
    this.#passage = passage;
    // RFC 4488 §4: the phone does not want to be told.
    this.#isWanted = !/^\s*false\b/i.test(request.headers.get("Refer-Sub") ?? "");
    // RFC 3515 §2.4.6: later ones are told apart by their number; phones are known that stumble over it in the first.
    this.#event = isFirst ? "refer" : `refer;id=${request.cseq.number}`;
    const headers: HeaderFields = [
      ["Contact", from.contact],
      ...(this.#isWanted ? [] : [["Refer-Sub", "false"] as const]),
    ];
    transaction.respond(createResponse(request, 202, undefined, { toTag: transaction.localTag, headers }));
    // RFC 3515 §2.4.4: the first comes at once.
    this.tell(100);
  }

  /** A provisional status of the target; the same is not told twice. */
  tell(status: number): void {
    if (status === this.#said) return;
    this.#said = status;
    this.#notify(status, `active;expires=${subscriptionSeconds}`);
  }

  /** What became of it: nothing more is told. Idempotent. */
  end(status: number): void {
    // RFC 3515 §2.4.7: the final status ends the subscription.
    this.#notify(status, "terminated;reason=noresource");
    this.#isOver = true;
  }

  #notify(status: number, state: string): void {
    const { from, request } = this.#passage;
    if (this.#isOver || !this.#isWanted || from.session.state === "ended") return;
    from.session.request(
      "NOTIFY",
      {
        contact: from.contact,
        headers: [
          ["Event", this.#event],
          ["Subscription-State", state],
          ["Content-Type", "message/sipfrag;version=2.0"],
        ],
        body: fragment(request, status),
      },
      {
        onOutcome: (outcome) => {
          // RFC 6665 §4.2.2: it does not want to be told, or is there no more.
          if (outcome.kind !== "response" || outcome.response.status >= 300) this.#isOver = true;
        },
      },
    );
  }
}

/** RFC 3420 §2: the status line alone; what else the target says is not the phone's. */
function fragment(refer: SipRequest, status: number): Buffer {
  const { reason } = createResponse(refer, status);
  return Buffer.from(`SIP/2.0 ${status} ${reason}\r\n`);
}
