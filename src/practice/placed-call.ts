import type { DigestClient, InviteFailure, OutgoingInvite, Session, SessionEnd } from "../sip/user-agent.ts";
import { createRequest } from "../sip/user-agent.ts";
import { describeSession, sessionDescriptionType } from "./session-description.ts";
import type { SipParty } from "./sip-party.ts";

export interface PlacedCallOptions {
  /** From, without a tag. */
  readonly from: string;
  /** Request-URI and To. */
  readonly to: string;
  /** The user part of the Contact. */
  readonly user: string;
  /** Where it goes. */
  readonly via: SipParty["uri"];
  readonly digest?: DigestClient;
}

/** How a call that was placed turned out for who placed it. */
export type PlacedCallOutcome =
  | { readonly kind: "answered" }
  | { readonly kind: "refused"; readonly status: number }
  | Exclude<InviteFailure, { kind: "refused" }>;

/** A call as its caller sees it. */
export class PlacedCall {
  /** Provisional responses in the order in which they came. */
  readonly heard: number[] = [];
  /** Resolves when it is answered or has failed. */
  readonly outcome: Promise<PlacedCallOutcome>;
  /** Resolves when the other end rings. */
  readonly ringing: Promise<true>;
  /** Resolves when a call that was answered is over. */
  readonly ended: Promise<SessionEnd>;
  readonly #invite: OutgoingInvite;
  #session: Session | undefined;

  constructor(party: SipParty, options: PlacedCallOptions) {
    const outcome = Promise.withResolvers<PlacedCallOutcome>();
    const ringing = Promise.withResolvers<true>();
    const ended = Promise.withResolvers<SessionEnd>();
    this.outcome = outcome.promise;
    this.ringing = ringing.promise;
    this.ended = ended.promise;
    const { digest } = options;
    this.#invite = party.calls.call(createInvite(party, options), {
      nextHop: options.via,
      contactFor: (flow) => party.contactFor(options.user, flow),
      authorize: (response, request) => {
        const next = digest?.answer(response, request, true);
        return next?.ok === true ? next.value : undefined;
      },
      onProgress: ({ status }) => {
        this.heard.push(status);
        if (status === 180) ringing.resolve(true);
      },
      onAnswered: (session) => {
        this.#session = session;
        session.onEnded = ended.resolve;
        outcome.resolve({ kind: "answered" });
      },
      onFailed: (failure) => outcome.resolve(outcomeOf(failure)),
    });
  }

  /** Takes it back or hangs up, whichever it is time for. Idempotent. */
  hangUp(): void {
    if (this.#session === undefined) this.#invite.cancel();
    else this.#session.hangUp();
  }
}

function createInvite(party: SipParty, { from, to, digest }: PlacedCallOptions) {
  const { random } = party.surroundings;
  const request = createRequest({
    method: "INVITE",
    requestUri: to,
    from: `${from};tag=${random.token(64)}`,
    to: `<${to}>`,
    callId: random.token(128),
    cseq: 1,
    headers: [sessionDescriptionType],
    body: describeSession(party.address.host),
  });
  digest?.authorize(request);
  return request;
}

function outcomeOf(failure: InviteFailure): PlacedCallOutcome {
  return failure.kind === "refused" ? { kind: "refused", status: failure.response.status } : failure;
}
