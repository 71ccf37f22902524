/** Calls that a line's phone is in, with both ends at hand, for what becomes of them later. */
import assert from "node:assert/strict";
import type { SipRequest, SipResponse } from "../../src/sip/message/message.ts";
import type { DivertUnderTest } from "./divert-under-test.ts";
import { type FlowPhone, PeerDialog, withSdp } from "./flow-phone.ts";
import type { ScriptedPeer } from "./scripted-peer.ts";

/** A description as some end may give it: who, the version, and where its sound is to be sent. */
export function sdp(name: string, version = 1, port = 4000, ...lines: readonly string[]): string {
  return [
    "v=0",
    `o=${name} 17 ${version} IN IP4 192.0.2.1`,
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    `m=audio ${port} RTP/AVP 8`,
    ...lines,
    "",
  ].join("\r\n");
}

/** A call that is up: both of its ends, and the messages that began it at the phone. */
export interface Talk {
  readonly far: PeerDialog;
  readonly near: PeerDialog;
  readonly invite: SipRequest;
  readonly rung: SipRequest;
  readonly answer: SipResponse;
}

export interface TalkOptions {
  readonly line?: string;
  readonly host?: string;
  /** Further headers of the caller's INVITE. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly offer?: string;
  readonly reply?: string;
}

/** A call to the line from that number, answered by its phone. */
export async function talk(
  under: DivertUnderTest,
  caller: ScriptedPeer,
  phone: FlowPhone,
  number: string,
  options: TalkOptions = {},
): Promise<Talk> {
  const { line = "101", host = "pbx.example", headers = [] } = options;
  const { offer = sdp("caller"), reply = sdp("phone") } = options;
  const invite = await caller.sends("INVITE", under.udp, {
    requestUri: under.contact(line),
    from: `<sip:${number}@${host}>;tag=${number}`,
    ...withSdp(headers, offer),
  });
  const rung = await phone.peer.expects("INVITE");
  const answer = phone.peer.answers(rung, 200, phone.answer(reply));
  const success = await caller.expects(200);
  const far = PeerDialog.ofCaller(caller, under.udp, invite, success);
  await far.acknowledges(invite);
  await phone.peer.expects("ACK");
  return { far, near: PeerDialog.ofCallee(phone.peer, under.udp, rung, answer), invite, rung, answer };
}

/** A call of the phone's own, answered by somebody at the PBX; the same of it. */
export async function dial(
  under: DivertUnderTest,
  phone: FlowPhone,
  number: string,
): Promise<{
  far: PeerDialog;
  near: PeerDialog;
  dialled: SipRequest;
  success: SipResponse;
  placed: SipRequest;
}> {
  const colleague = under.pbx.calls;
  const dialled = await phone.dials(number, sdp("phone"));
  const placed = await colleague.expects("INVITE");
  const taken = colleague.answers(
    placed,
    200,
    withSdp([["Contact", `<${colleague.uri}>`]], sdp("colleague", 1, 7000)),
  );
  const success = await phone.peer.expects(200);
  const near = PeerDialog.ofCaller(phone.peer, under.udp, dialled, success);
  await near.acknowledges(dialled);
  await colleague.expects("ACK");
  const far = PeerDialog.ofCallee(colleague, under.udp, placed, taken);
  return { far, near, dialled, success, placed };
}

export function referTo(
  value: string,
  ...headers: readonly (readonly [string, string])[]
): readonly (readonly [string, string])[] {
  return [["Contact", "<sip:101@phone.example>"], ["Refer-To", value], ...headers];
}

/** Replaces as the phone says it that was called: the dialog by its own name, escaped for a URI. */
export function replacing(rung: SipRequest, answer: SipResponse): string {
  return encodeURIComponent(`${rung.callId};to-tag=${rung.fromTag ?? ""};from-tag=${answer.toTag ?? ""}`);
}

/** Replaces as the phone says it that has dialled. */
export function replacingDialled(dialled: SipRequest, success: SipResponse): string {
  return encodeURIComponent(
    `${dialled.callId};to-tag=${success.toTag ?? ""};from-tag=${dialled.fromTag ?? ""}`,
  );
}

/** The next word of the transfer that the phone hears: `100 active`, `200 terminated`. */
export async function notified(phone: FlowPhone): Promise<string> {
  const notify = await phone.peer.expects("NOTIFY");
  phone.peer.answers(notify, 200);
  assert.match(notify.headers.get("Event") ?? "", /^refer\b/);
  assert.equal(notify.headers.get("Content-Type"), "message/sipfrag;version=2.0");
  const status = /^SIP\/2\.0 (\d{3}) /.exec(notify.body.toString())?.[1] ?? "";
  return `${status} ${/^\w+/.exec(notify.headers.get("Subscription-State") ?? "")?.[0] ?? ""}`;
}

/** The one end hangs up, and the other hears of it. */
export async function hangUp(far: PeerDialog, other: ScriptedPeer): Promise<void> {
  await far.sends("BYE");
  other.answers(await other.expects("BYE"), 200);
  await far.peer.expects(200);
}
