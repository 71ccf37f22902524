import { contactExpires, readContacts } from "../../src/sip/message/contact.ts";
import { createResponse } from "../../src/sip/message/build.ts";
import { readExpires } from "../../src/sip/message/durations.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { serializeMessage } from "../../src/sip/message/serialize.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import type { PeerSocket } from "./peer-socket.ts";
import { openDatagrams, openStreams } from "./peer-socket.ts";
import { ScriptedPeer } from "./scripted-peer.ts";

/** What the PBX says to a REGISTER; nothing: it is silent. */
export type RegisterAnswer = (request: SipRequest, pbx: ScriptedPbx) => readonly SipResponse[];

export type PbxProtocol = "UDP" | "TCP" | "TLS";

/**
 * The registrar of a PBX on a real socket: takes every REGISTER without asking who it is, and lists the bindings. All
 * else that comes there is for `calls`, which does what the test says.
 */
export class ScriptedPbx {
  /** Every REGISTER that came, in order. */
  readonly registers: SipRequest[] = [];
  /** Whatever else came. */
  readonly others: SipMessage[] = [];
  /** The Contact URI of each user. */
  readonly contacts = new Map<string, string>();
  /** Takes the registrar's place where a test wants something else. */
  answers: RegisterAnswer = (request) => [this.accepts(request)];
  /** The PBX as those who call find it, by the same socket. */
  readonly calls: ScriptedPeer;
  readonly #socket: PeerSocket;

  private constructor(socket: PeerSocket, protocol: PbxProtocol) {
    this.#socket = socket;
    this.calls = ScriptedPeer.at(socket, protocol);
    const { onMessage } = socket;
    socket.onMessage = (message, reply) => {
      if (message.kind !== "request" || message.method !== "REGISTER") {
        this.others.push(message);
        onMessage(message, reply);
        return;
      }
      this.registers.push(message);
      for (const response of this.answers(message, this)) reply(serializeMessage(response));
    };
  }

  /** `pair`: its certificate, for TLS. */
  static async open(
    address: string,
    protocol: PbxProtocol = "UDP",
    pair?: { cert: string; key: string },
  ): Promise<ScriptedPbx> {
    const socket = await (protocol === "UDP"
      ? openDatagrams(0, address)
      : openStreams(0, address, protocol === "TLS" ? pair : undefined));
    return new ScriptedPbx(socket, protocol);
  }

  get uri(): string {
    return this.calls.uri;
  }

  /** Binds, or unbinds, and returns the 200 that says so. */
  accepts(request: SipRequest): SipResponse {
    const user = parseSipUri(request.to.uri)?.user ?? "";
    const contacts = readContacts(request) ?? [];
    if (contacts === "*") this.contacts.delete(user);
    else {
      for (const contact of contacts) {
        const expires = contactExpires(contact) ?? readExpires(request) ?? 3600;
        if (expires === 0) this.contacts.delete(user);
        else this.contacts.set(user, contact.uri);
      }
    }
    const bound = this.contacts.get(user);
    return createResponse(request, 200, undefined, {
      toTag: "pbx",
      headers: bound === undefined ? [] : [["Contact", `<${bound}>;expires=300`]],
    });
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }
}
