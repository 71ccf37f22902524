import { randomUUID } from "node:crypto";
import { systemRandom } from "../../src/base/random.ts";
import { DigestClient } from "../../src/sip/auth/digest-client.ts";
import type { HeaderField } from "../../src/sip/message/build.ts";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { ask, requestOf } from "./placed-call.ts";
import type { RawPeer } from "./raw-peer.ts";

/** What a test says of a REGISTER; the rest is filled in. */
export interface RegisterSketch {
  /** Contact values; absent: the phone's own address. */
  readonly contacts?: readonly string[];
  readonly expires?: number;
  readonly headers?: readonly HeaderField[];
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
}

/** A phone as its user would have it: it registers, and answers challenges with its password. */
export class TestPhone {
  readonly peer: RawPeer;
  readonly username: string;
  readonly #client: DigestClient;
  readonly #callId = randomUUID();
  #cseq = 0;

  constructor(peer: RawPeer, username: string, password = `phone-${username}`) {
    this.peer = peer;
    this.username = username;
    this.#client = new DigestClient({ username, password }, systemRandom);
  }

  get contact(): string {
    const { address, port } = this.peer.local;
    return `<sip:${this.username}@${address}:${port}${this.peer.protocol === "TCP" ? ";transport=tcp" : ""}>`;
  }

  /** A REGISTER without credentials, with a Via of its own. */
  request(sketch: RegisterSketch = {}): SipRequest {
    const { contacts = [this.contact], expires, headers = [] } = sketch;
    const aor = `<sip:${this.username}@divert.example>`;
    const request = requestOf(this.peer, {
      method: "REGISTER",
      requestUri: "sip:divert.example",
      from: `${aor};tag=${randomUUID()}`,
      to: sketch.to ?? aor,
      callId: sketch.callId ?? this.#callId,
      cseq: sketch.cseq ?? ++this.#cseq,
      headers: [...(expires === undefined ? [] : ([["Expires", String(expires)]] as const)), ...headers],
    });
    request.headers.remove("Contact");
    for (const contact of contacts) request.headers.append("Contact", contact);
    return request;
  }

  /** The same request again with an answer to the challenge; the CSeq is one higher. Fails when it cannot be answered. */
  answered(request: SipRequest, challenge: SipResponse): SipRequest {
    const answered = this.#client.answer(challenge, request, true);
    if (!answered.ok) throw new Error(`the challenge cannot be answered: ${answered.failure}`);
    answered.value.headers.set("Via", this.peer.via(randomUUID()));
    this.#cseq = Math.max(this.#cseq, answered.value.cseq.number);
    return answered.value;
  }

  /** Sends it, answers the challenge, and resolves with what then comes. */
  async prove(request: SipRequest): Promise<SipResponse | undefined> {
    const [first] = await ask(this.peer, request);
    if (first?.status !== 401) return first;
    const [second] = await ask(this.peer, this.answered(request, first));
    return second;
  }

  register(sketch: RegisterSketch = {}): Promise<SipResponse | undefined> {
    return this.prove(this.request(sketch));
  }
}
