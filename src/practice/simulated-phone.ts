import type { Result } from "../base/result.ts";
import { succeed } from "../base/result.ts";
import type {
  IncomingInvite,
  ListeningPoint,
  RequestOutcome,
  Session,
  SipRequest,
} from "../sip/user-agent.ts";
import { DigestClient, createRequest, parseSipUri } from "../sip/user-agent.ts";
import { takeCall } from "./answering.ts";
import type { Answering } from "./answering.ts";
import { PlacedCall } from "./placed-call.ts";
import { SipParty, answerOther } from "./sip-party.ts";
import type { PartySurroundings } from "./sip-party.ts";

export interface SimulatedPhoneOptions extends PartySurroundings {
  readonly extension: string;
  readonly password: string;
  /** The PBX's domain and where it is, as a SIP URI. */
  readonly domain: string;
  readonly pbx: string;
  readonly listen: ListeningPoint;
  readonly name?: string;
  /** What it does when it is called; it answers at once unless said. */
  readonly answering?: Answering;
}

const expiresInSeconds = 3_600;

/** A desk phone of few abilities: registers, calls, is called. */
export class SimulatedPhone {
  readonly extension: string;
  /** What it does with the next call. */
  answering: Answering;
  /** INVITEs that came, in order: what the PBX says of caller and history can be read there. */
  readonly received: SipRequest[] = [];
  readonly #options: SimulatedPhoneOptions;
  readonly #digest: DigestClient;
  readonly #party: SipParty;
  readonly #registrationId: string;
  readonly #answered: Session[] = [];
  #registerSequence = 0;

  private constructor(options: SimulatedPhoneOptions, party: SipParty) {
    const { extension, password, random } = options;
    this.extension = extension;
    this.answering = options.answering ?? { kind: "answer", afterMs: 0 };
    this.#options = options;
    this.#digest = new DigestClient({ username: extension, password }, random);
    this.#party = party;
    this.#registrationId = random.token(128);
    party.onRequest = (transaction, request) => {
      if (request.method === "INVITE") this.#receive(party.calls.take(transaction, request));
      else answerOther(transaction, request);
    };
  }

  static async open(options: SimulatedPhoneOptions): Promise<Result<SimulatedPhone, string>> {
    const party = await SipParty.open(options.listen, options);
    return party.ok ? succeed(new SimulatedPhone(options, party.value)) : party;
  }

  /** The final status of the PBX; 408 when it is silent, 503 when it cannot be reached. */
  register(): Promise<number> {
    return this.#register(expiresInSeconds);
  }

  /** Takes its registration back. */
  unregister(): Promise<number> {
    return this.#register(0);
  }

  /** Calls an extension or a number. */
  call(dialled: string): PlacedCall {
    return new PlacedCall(this.#party, {
      from: `${this.#displayName()}<sip:${this.extension}@${this.#options.domain}>`,
      to: `sip:${encodeURIComponent(dialled)}@${this.#options.domain}`,
      user: this.extension,
      via: this.#pbx(),
      digest: this.#digest,
    });
  }

  /** Ends all calls that it has answered. */
  hangUp(): void {
    for (const session of this.#answered.splice(0)) session.hangUp();
  }

  /** Leaves without a word. Idempotent. */
  close(): Promise<void> {
    return this.#party.close();
  }

  #receive(invite: IncomingInvite): void {
    this.received.push(invite.request);
    takeCall(this.#party, invite, this.extension, this.answering, (session) => {
      this.#answered.push(session);
      session.onEnded = () => this.#answered.splice(this.#answered.indexOf(session), 1);
    });
  }

  #register(expires: number): Promise<number> {
    const { extension, domain, random } = this.#options;
    const addressOfRecord = `<sip:${extension}@${domain}>`;
    const request = createRequest({
      method: "REGISTER",
      requestUri: `sip:${domain}`,
      from: `${addressOfRecord};tag=${random.token(64)}`,
      to: addressOfRecord,
      callId: this.#registrationId,
      cseq: this.#registerSequence + 1,
      headers: [["Expires", String(expires)]],
    });
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#send(request, resolve);
    return promise;
  }

  #send(request: SipRequest, tell: (status: number) => void): void {
    this.#registerSequence = request.cseq.number;
    this.#party.userAgent.sender.send(request, {
      nextHop: this.#pbx(),
      prepare: (prepared, flow) => {
        prepared.headers.set("Contact", this.#party.contactFor(this.extension, flow));
        return prepared;
      },
      onOutcome: (outcome) => this.#judge(outcome, request, tell),
    });
  }

  #judge(outcome: RequestOutcome, request: SipRequest, tell: (status: number) => void): void {
    if (outcome.kind !== "response") {
      tell(outcome.kind === "timeout" ? 408 : 503);
      return;
    }
    const { response } = outcome;
    const isChallenge = response.status === 401 || response.status === 407;
    const next = isChallenge ? this.#digest.answer(response, request, true) : undefined;
    if (next?.ok === true) this.#send(next.value, tell);
    else tell(response.status);
  }

  #displayName(): string {
    return this.#options.name === undefined ? "" : `"${this.#options.name}" `;
  }

  #pbx(): SipParty["uri"] {
    const uri = parseSipUri(this.#options.pbx);
    if (uri === undefined) throw new Error("the PBX's address is no SIP URI");
    return uri;
  }
}
