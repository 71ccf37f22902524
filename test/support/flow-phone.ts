import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { systemRandom } from "../../src/base/random.ts";
import { DigestClient } from "../../src/sip/auth/digest-client.ts";
import { createRequest } from "../../src/sip/message/build.ts";
import { readContacts } from "../../src/sip/message/contact.ts";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import type { DivertUnderTest } from "./divert-under-test.ts";
import type { PeerAddress } from "./peer-socket.ts";
import type { PeerAnswer, PeerRequest, ScriptedPeer } from "./scripted-peer.ts";

/** One of a line's phones in a flow: registers, and then does as the test says. */
export class FlowPhone {
  /** Where it is now. */
  peer: ScriptedPeer;
  /** What it writes as its Contact, whatever is true. */
  contact: string;
  readonly #server: PeerAddress;
  readonly #username: string;
  readonly #client: DigestClient;

  private constructor(peer: ScriptedPeer, server: PeerAddress, username: string) {
    this.peer = peer;
    const transport = peer.protocol === "UDP" ? "" : `;transport=${peer.protocol.toLowerCase()}`;
    this.contact = `<sip:${username}@${peer.address}:${peer.port}${transport}>`;
    this.#server = server;
    this.#username = username;
    this.#client = new DigestClient({ username, password: `phone-${username}` }, systemRandom);
  }

  /** Registered at the server, from an address of its own. */
  static async register(
    under: DivertUnderTest,
    line: string,
    address: string,
    protocol: "UDP" | "TCP" | "TLS" | "WS" = "UDP",
  ): Promise<FlowPhone> {
    const phone = await FlowPhone.open(under, line, address, protocol);
    await phone.registers();
    return phone;
  }

  /** Not registered yet. */
  static async open(
    under: DivertUnderTest,
    line: string,
    address: string,
    protocol: "UDP" | "TCP" | "TLS" | "WS" = "UDP",
  ): Promise<FlowPhone> {
    return new FlowPhone(await under.peer(protocol, address), under.at(protocol), line);
  }

  /** From where it is now, with what it writes as its Contact. Resolves with the answer, of that status. */
  async registers(headers: readonly (readonly [string, string])[] = [], status = 200): Promise<SipResponse> {
    const { request, challenge } = await this.#challenged("REGISTER", "sip:divert.example", {
      headers: headers.some(([name]) => name === "Expires") ? headers : [["Expires", "3600"], ...headers],
    });
    await this.#sendsWithCredentials(request, challenge);
    return this.peer.expects(status);
  }

  /** From now on it is elsewhere, and nobody has been told. */
  async moves(under: DivertUnderTest, address: string, protocol: "UDP" | "TCP" = "UDP"): Promise<void> {
    this.peer = await under.peer(protocol, address);
  }

  /** What the phone answers with: its Contact in it. */
  answer(sdp?: string): PeerAnswer {
    return withSdp([["Contact", this.contact]], sdp);
  }

  /** Dials, with the password that it is asked for. Returns the INVITE that was let in. */
  async dials(
    number: string,
    sdp?: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<SipRequest> {
    const { request, challenge } = await this.#challenged("INVITE", `sip:${number}@divert.example`, {
      ...withSdp(headers, sdp),
      requestUri: "",
    });
    return this.#sendsWithCredentials(request, challenge);
  }

  async #challenged(method: string, requestUri: string, parts: Partial<PeerRequest>) {
    const aor = `<sip:${this.#username}@divert.example>`;
    const request = await this.peer.sends(method, this.#server, {
      from: `${aor};tag=${randomUUID()}`,
      to: method === "REGISTER" ? aor : `<${requestUri}>`,
      contact: this.contact,
      ...parts,
      requestUri,
    });
    const challenge = await this.peer.expects(401);
    if (method === "INVITE") await this.peer.acknowledges(request, challenge, this.#server);
    return { request, challenge };
  }

  async #sendsWithCredentials(request: SipRequest, challenge: SipResponse): Promise<SipRequest> {
    const answered = this.#client.answer(challenge, request, true);
    assert.ok(answered.ok);
    const via = `SIP/2.0/${this.peer.protocol} ${this.peer.address}:${this.peer.port};branch=z9hG4bK${randomUUID()};rport`;
    answered.value.headers.set("Via", via);
    await this.peer.sendsAgain(answered.value, this.#server);
    return answered.value;
  }
}

/** One end of a call that a peer has: sends further requests as its dialog demands. */
export class PeerDialog {
  readonly peer: ScriptedPeer;
  readonly #server: PeerAddress;
  readonly #local: string;
  readonly #remote: string;
  readonly #callId: string;
  readonly #target: string;
  #cseq: number;

  private constructor(parts: {
    peer: ScriptedPeer;
    server: PeerAddress;
    local: string;
    remote: string;
    callId: string;
    target: string;
    cseq: number;
  }) {
    this.peer = parts.peer;
    this.#server = parts.server;
    this.#local = parts.local;
    this.#remote = parts.remote;
    this.#callId = parts.callId;
    this.#target = parts.target;
    this.#cseq = parts.cseq;
  }

  /** Of the end that called; `success` is the 2xx that it got. */
  static ofCaller(
    peer: ScriptedPeer,
    server: PeerAddress,
    invite: SipRequest,
    success: SipResponse,
  ): PeerDialog {
    return new PeerDialog({
      peer,
      server,
      local: invite.headers.get("From") ?? "",
      remote: success.headers.get("To") ?? "",
      callId: invite.callId,
      target: contactOf(success),
      cseq: invite.cseq.number,
    });
  }

  /** Of the end that was called; `success` is the 2xx that it sent. */
  static ofCallee(
    peer: ScriptedPeer,
    server: PeerAddress,
    invite: SipRequest,
    success: SipResponse,
  ): PeerDialog {
    return new PeerDialog({
      peer,
      server,
      local: success.headers.get("To") ?? "",
      remote: invite.headers.get("From") ?? "",
      callId: invite.callId,
      target: contactOf(invite),
      cseq: 100,
    });
  }

  /** The same end of the same call, at another place. */
  movedTo(peer: ScriptedPeer): PeerDialog {
    return new PeerDialog({
      peer,
      server: this.#server,
      local: this.#local,
      remote: this.#remote,
      callId: this.#callId,
      target: this.#target,
      cseq: this.#cseq,
    });
  }

  /** The tag by which the other end tells this dialog. */
  get remoteTag(): string {
    return parseNameAddr(this.#remote)?.parameters.get("tag") ?? "";
  }

  sends(
    method: string,
    sdp?: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<SipRequest> {
    return this.peer.sends(method, this.#server, {
      requestUri: this.#target,
      from: this.#local,
      to: this.#remote,
      callId: this.#callId,
      cseq: ++this.#cseq,
      ...withSdp(headers, sdp),
    });
  }

  /** The ACK to a 2xx that came for `invite`. */
  async acknowledges(invite: SipRequest, sdp?: string): Promise<void> {
    const { headers, body } = withSdp([], sdp);
    const ack = createRequest({
      method: "ACK",
      requestUri: this.#target,
      from: this.#local,
      to: this.#remote,
      callId: this.#callId,
      cseq: invite.cseq.number,
      ...(headers !== undefined && { headers }),
      ...(body !== undefined && { body }),
    });
    const via = `SIP/2.0/${this.peer.protocol} ${this.peer.address}:${this.peer.port};branch=z9hG4bK${randomUUID()};rport`;
    ack.headers.prepend("Via", via);
    await this.peer.sendsAgain(ack, this.#server);
  }
}

export function withSdp(headers: readonly (readonly [string, string])[], sdp?: string): PeerAnswer {
  if (sdp === undefined) return { headers };
  return { headers: [...headers, ["Content-Type", "application/sdp"]], body: Buffer.from(sdp) };
}

function contactOf(message: SipRequest | SipResponse): string {
  const contacts = readContacts(message);
  const uri = contacts === "*" ? undefined : contacts?.[0]?.uri;
  assert.ok(uri !== undefined && parseSipUri(uri) !== undefined, "there is no Contact to call");
  return uri;
}
