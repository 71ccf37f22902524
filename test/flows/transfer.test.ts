/** A phone hands its call on: its REFER goes to the PBX, with names and dialogs as the PBX knows them. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

let under: DivertUnderTest;
afterEach(() => under.close());

/** The phone of line 101, which talks to a caller from outside. */
async function scene() {
  under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  const caller = await under.peer();
  const phone = await FlowPhone.register(under, "101", loopbackAddress());
  const first = await talk(caller, phone, "+4989123456");
  return { caller, phone, first };
}

/** A call from that number, answered by the phone: both ends, and the tags and Call-ID on each side of Divert. */
async function talk(caller: ScriptedPeer, phone: FlowPhone, number: string) {
  const invite = await caller.sends("INVITE", under.udp, {
    requestUri: under.contact("101"),
    from: `<sip:${number}@pbx.example>;tag=${number}`,
    ...withSdp([], offer),
  });
  const rung = await phone.peer.expects("INVITE");
  const answer = phone.peer.answers(rung, 200, phone.answer(reply));
  const success = await caller.expects(200);
  const far = PeerDialog.ofCaller(caller, under.udp, invite, success);
  await far.acknowledges(invite);
  await phone.peer.expects("ACK");
  return { far, near: PeerDialog.ofCallee(phone.peer, under.udp, rung, answer), invite, rung, success };
}

function referTo(value: string): readonly (readonly [string, string])[] {
  return [
    ["Contact", "<sip:101@phone.example>"],
    ["Refer-To", value],
  ];
}

async function hangUp(far: PeerDialog, phone: FlowPhone): Promise<void> {
  await far.sends("BYE");
  phone.peer.answers(await phone.peer.expects("BYE"), 200);
  await far.peer.expects(200);
}

describe("a phone transfers its call", () => {
  it("blindly: the PBX is asked in the line's name, and its progress comes back", async () => {
    const { caller, phone, first } = await scene();
    await first.near.sends("REFER", undefined, referTo("<sip:103@divert.example>"));
    const refer = await caller.expects("REFER");
    assert.equal(refer.headers.get("Refer-To"), "<sip:103@pbx.example>");
    assert.equal(refer.headers.get("Referred-By"), "<sip:101@pbx.example>");
    assert.match(refer.headers.get("Contact") ?? "", new RegExp(under.contact("101").slice(4, 20)));
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);

    await first.far.sends("NOTIFY", undefined, [
      ["Event", "refer"],
      ["Subscription-State", "terminated;reason=noresource"],
      ["Content-Type", "message/sipfrag;version=2.0"],
    ]);
    const notify = await phone.peer.expects("NOTIFY");
    assert.equal(notify.headers.get("Event"), "refer");
    phone.peer.answers(notify, 200);
    await caller.expects(200);
    await hangUp(first.far, phone);
    await under.leavesNothing();
  });

  it("after a talk with the other: Replaces names the dialog that the PBX has", async () => {
    const { caller, phone, first } = await scene();
    const colleague = under.pbx.calls;
    const dialled = await phone.dials("105", offer);
    const placed = await colleague.expects("INVITE");
    const taken = colleague.answers(placed, 200, withSdp([["Contact", `<${colleague.uri}>`]], reply));
    const success = await phone.peer.expects(200);
    const near = PeerDialog.ofCaller(phone.peer, under.udp, dialled, success);
    await near.acknowledges(dialled);
    await colleague.expects("ACK");

    const replaces = encodeURIComponent(
      `${dialled.callId};to-tag=${success.toTag ?? ""};from-tag=${dialled.fromTag ?? ""}`,
    );
    await first.near.sends("REFER", undefined, referTo(`<sip:105@divert.example?Replaces=${replaces}>`));
    const refer = await caller.expects("REFER");
    const uri = parseSipUri(parseNameAddr(refer.headers.get("Refer-To") ?? "")?.uri ?? "");
    assert.equal(uri?.user, "105");
    assert.equal(uri.host, "pbx.example");
    assert.equal(
      decodeURIComponent(uri.headers ?? ""),
      `Replaces=${placed.callId};to-tag=${taken.toTag ?? ""};from-tag=${placed.fromTag ?? ""}`,
    );
    caller.answers(refer, 202, { headers: [["Contact", `<${caller.uri}>`]] });
    await phone.peer.expects(202);
    await hangUp(first.far, phone);
    await near.sends("BYE");
    colleague.answers(await colleague.expects("BYE"), 200);
    await phone.peer.expects(200);
    await under.leavesNothing();
  });

  it("and is told when it cannot be: to nobody, with a dialog that is none, or where the PBX refuses", async () => {
    const { caller, phone, first } = await scene();
    for (const [value, status] of [
      ["<sip:divert.example>", 400],
      ["<mailto:bob@x>", 416],
      ["<sip:105@x?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>", 404],
      ["<sip:105@x?Replaces=%>", 404],
    ] as const) {
      await first.near.sends("REFER", undefined, referTo(value));
      await phone.peer.expects(status);
    }
    assert.ok(!caller.received.some((message) => "method" in message && message.method === "REFER"));
    await first.near.sends("REFER", undefined, referTo("<sip:103@x>"));
    caller.answers(await caller.expects("REFER"), 403);
    await phone.peer.expects(403);
    await first.far.sends("REFER", undefined, referTo("<sip:103@x>"));
    await caller.expects(603);
    await hangUp(first.far, phone);
    await under.leavesNothing();
  });
});
