import type { Clock } from "../../src/base/clock.ts";
import { DigestServer } from "../../src/sip/auth/digest-server.ts";
import { createResponse } from "../../src/sip/message/build.ts";
import { contactExpires, readContacts } from "../../src/sip/message/contact.ts";
import { readExpires } from "../../src/sip/message/durations.ts";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import type { RequestSender, SendOptions, SentRequest } from "../../src/sip/transaction/request-sender.ts";
import type { Flow } from "../../src/sip/transport/transport.ts";
import { SeededRandom } from "./seeded-random.ts";

export type RegistrarAnswer = SipResponse | "silence" | "unreachable";

const timerFMs = 32_000;
const roundTripMs = 2;

/** One request as it arrived. */
export interface Arrival {
  readonly at: number;
  readonly request: SipRequest;
  readonly user: string;
}

/**
 * A registrar behind the port through which requests are sent: as RFC 3261 §10.3 has it, with digest. `answers` takes its
 * place where a test wants something else.
 */
export class FakeRegistrar implements RequestSender {
  readonly clock: Clock;
  /** Every request in order of arrival. */
  readonly arrivals: Arrival[] = [];
  /** Contact URIs with their expiry, by user part of the address-of-record. */
  readonly bindings = new Map<string, Map<string, number>>();
  /** Where requests seem to come from, and whence answers come. */
  flow: Flow = fakeFlow("192.0.2.1");
  passwords: (username: string) => string | undefined = () => "secret";
  /** What it says instead; undefined: what it would say of itself. */
  answers: (request: SipRequest) => RegistrarAnswer | undefined = () => undefined;
  /** Adds to the topmost Via, as the transport does that receives a request. */
  seesFrom: { readonly received?: string; readonly rport?: number } = {};
  listsBindings = true;
  #digest: DigestServer;
  #starts = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.#digest = this.#makeDigest();
  }

  /** Comes up again without bindings and with another nonce secret. */
  restart(): void {
    this.bindings.clear();
    this.#digest = this.#makeDigest();
  }

  /** Unexpired bindings of all users. */
  get size(): number {
    let size = 0;
    for (const contacts of this.bindings.values()) {
      for (const expiresAt of contacts.values()) if (expiresAt > this.clock.now()) size++;
    }
    return size;
  }

  contactsOf(user: string): string[] {
    return [...(this.bindings.get(user) ?? [])]
      .filter(([, expiresAt]) => expiresAt > this.clock.now())
      .map(([uri]) => uri);
  }

  send(request: SipRequest, options: SendOptions): SentRequest {
    const prepared = options.prepare?.(request, this.flow) ?? request;
    const { received, rport } = this.seesFrom;
    let via = "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1";
    if (received !== undefined) via += `;received=${received}`;
    if (rport !== undefined) via += `;rport=${rport}`;
    prepared.headers.prepend("Via", via);
    const user = parseSipUri(prepared.to.uri)?.user ?? "";
    this.arrivals.push({ at: this.clock.now(), request: prepared, user });
    const answer = this.answers(prepared) ?? this.#answer(prepared, user);
    const timer = this.clock.after(answer === "silence" ? timerFMs : roundTripMs, () => {
      if (answer === "silence") options.onOutcome({ kind: "timeout" });
      else if (answer === "unreachable") options.onOutcome({ kind: "unreachable", detail: "refused" });
      else options.onOutcome({ kind: "response", response: answer, flow: this.flow });
    });
    return { cancel: () => timer.cancel() };
  }

  #makeDigest(): DigestServer {
    return new DigestServer({
      clock: this.clock,
      random: new SeededRandom(1000 + this.#starts++),
      realm: "pbx",
      algorithms: ["MD5"],
      findPassword: (username) => this.passwords(username),
    });
  }

  #answer(request: SipRequest, user: string): SipResponse {
    const verdict = this.#digest.check(request, "Authorization");
    if (verdict.kind === "challenge") {
      const headers = this.#digest
        .challenges(verdict.isStale)
        .map((value) => ["WWW-Authenticate", value] as const);
      return createResponse(request, 401, undefined, { headers });
    }
    const contacts = this.bindings.get(user) ?? new Map<string, number>();
    this.bindings.set(user, contacts);
    const asked = readContacts(request);
    for (const contact of asked === undefined || asked === "*" ? [] : asked) {
      const seconds = contactExpires(contact) ?? readExpires(request) ?? 3600;
      if (seconds === 0) contacts.delete(contact.uri);
      else contacts.set(contact.uri, this.clock.now() + seconds * 1000);
    }
    const listed = this.listsBindings ? [...contacts] : [];
    const headers = listed
      .filter(([, expiresAt]) => expiresAt > this.clock.now())
      .map(([uri, expiresAt]) => {
        const seconds = Math.ceil((expiresAt - this.clock.now()) / 1000);
        return ["Contact", `<${uri}>;expires=${seconds}`] as const;
      });
    return createResponse(request, 200, undefined, { headers });
  }
}

export function fakeFlow(remoteAddress: string): Flow {
  return {
    protocol: "UDP",
    isReliable: false,
    localAddress: "127.0.0.1",
    localPort: 5060,
    remoteAddress,
    remotePort: 5060,
    isOpen: true,
    send: () => undefined,
  };
}
