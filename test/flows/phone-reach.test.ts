/**
 * A phone is reached by the flow that its REGISTER came by and nowhere else: whoever holds a phone's password cannot have
 * Divert call somebody in the line's name by writing another's address into Contact, Path or Record-Route (CHECKS C10).
 */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { SipRequest } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";

const open: DivertUnderTest[] = [];
afterEach(async () => {
  for (const under of open.splice(0)) await under.close();
});

/** A phone that is not registered yet, and somebody who listens by UDP and TCP and is to hear nothing. */
async function scene(protocol: "UDP" | "TCP") {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  open.push(under);
  const phone = await FlowPhone.open(under, "101", loopbackAddress(), protocol);
  const pbx = await under.peer();
  const address = loopbackAddress();
  const datagrams = await under.peer("UDP", address);
  const streams = await under.peer("TCP", address);
  const heard = (): number => datagrams.received.length + streams.received.length;
  return { under, phone, pbx, datagrams, streams, heard };
}

type Scene = Awaited<ReturnType<typeof scene>>;

function calls({ under, pbx }: Scene, sdp = offer): Promise<SipRequest> {
  return pbx.sends("INVITE", under.udp, { requestUri: under.contact("101"), ...withSdp([], sdp) });
}

/** Requests that the PBX's registrar got besides REGISTER. */
function requestsAtPbx({ under }: Scene): string[] {
  return under.pbx.others.filter((message) => message.kind === "request").map(({ method }) => method);
}

/** `sip:0190...@` that peer. */
function uriAt(peer: ScriptedPeer, parameters = ""): string {
  return `sip:0190123456@${peer.address}:${peer.port}${parameters}`;
}

for (const protocol of ["UDP", "TCP"] as const) {
  describe(`a phone that registers by ${protocol}`, () => {
    it("and names the PBX or Divert as its place is refused", async () => {
      const all = await scene(protocol);
      const { under, phone } = all;
      for (const contact of [
        under.pbx.uri.replace("sip:", "sip:0190123456@"),
        `${under.pbx.uri.replace("sip:", "sip:0190123456@")};transport=tcp`,
        "sip:0190123456@pbx.example",
        "sip:0190123456@PBX.example:5999;transport=tcp",
        `sip:101@${under.udp.address}:${under.udp.port}`,
        `sip:101@${under.tcp.address}:${under.tcp.port};transport=tcp`,
      ]) {
        phone.contact = `<${contact}>`;
        await phone.registers([], 403);
        await under.pass(1_000);
      }
      assert.equal(under.divert.phones.countOf("101"), 0);
    });

    it("and stands beside the PBX, at another port, is none of its servers", async () => {
      const { under } = await scene(protocol);
      await FlowPhone.register(under, "101", under.address, protocol);
      assert.equal(under.divert.phones.countOf("101"), 1);
    });

    it("is called there, whatever its Contact and its Path say", async () => {
      const all = await scene(protocol);
      const { under, phone, pbx, datagrams, streams, heard } = all;
      const path = `<sip:${datagrams.address}:${datagrams.port};lr>`;
      for (const [contact, headers] of [
        [uriAt(datagrams), []],
        [uriAt(streams, ";transport=tcp"), []],
        [`sip:0190123456@localhost:${datagrams.port}`, []],
        ["sip:0190123456@nowhere.invalid", []],
        [`sip:101@${phone.peer.address}:${phone.peer.port};maddr=${datagrams.address}`, []],
        [phone.contact.slice(1, -1), [["Path", path]]],
        [uriAt(datagrams), [["Path", `<${under.pbx.uri};lr>`]]],
        // With its port at the phone's own host, for another transport.
        [`sip:101@${phone.peer.address}:${phone.peer.port};transport=tls`, []],
      ] as const) {
        phone.contact = `<${contact}>`;
        await phone.registers(headers);
        const invite = await calls(all);
        const rung = await phone.peer.expects("INVITE");
        assert.equal(rung.requestUri, contact);
        assert.equal(rung.headers.has("Route"), false);
        phone.peer.answers(rung, 486);
        await phone.peer.expects("ACK");
        await pbx.acknowledges(invite, await pbx.expects(486), under.udp);
        phone.contact = "*";
        await phone.registers([["Expires", "0"]]);
      }
      assert.equal(heard(), 0);
      assert.deepEqual(requestsAtPbx(all), []);
      await under.leavesNothing();
    });

    it("and answers with another's Contact and Record-Route is spoken to where it is, in the call too", async () => {
      const all = await scene(protocol);
      const { under, phone, pbx, datagrams, heard } = all;
      await phone.registers();
      const invite = await calls(all);
      const rung = await phone.peer.expects("INVITE");
      const lies = (at: string) =>
        [
          ["Contact", `<${at}>`],
          ["Record-Route", `<${under.pbx.uri};lr>, <sip:${datagrams.address}:${datagrams.port};lr>`],
        ] as const;
      const answer = phone.peer.answers(rung, 200, withSdp(lies(uriAt(datagrams)), reply));
      const success = await pbx.expects(200);
      const caller = PeerDialog.ofCaller(pbx, under.udp, invite, success);
      await caller.acknowledges(invite);
      assert.equal((await phone.peer.expects("ACK")).requestUri, uriAt(datagrams));

      // A target refresh, by its answer and by its own request.
      const held = await caller.sends("INVITE", offer);
      phone.peer.answers(
        await phone.peer.expects("INVITE"),
        200,
        withSdp(lies("sip:x@nowhere.invalid"), reply),
      );
      await pbx.expects(200);
      await caller.acknowledges(held);
      assert.equal((await phone.peer.expects("ACK")).requestUri, "sip:x@nowhere.invalid");
      const callee = PeerDialog.ofCallee(phone.peer, under.at(protocol), rung, answer);
      const update = await callee.sends("UPDATE", undefined, lies(under.pbx.uri));
      pbx.answers(await pbx.expects("UPDATE"), 200, { headers: [["Contact", `<${pbx.uri}>`]] });
      assert.equal((await phone.peer.expects(200)).cseq.number, update.cseq.number);

      await caller.sends("BYE");
      const bye = await phone.peer.expects("BYE");
      phone.peer.answers(bye, 200);
      await pbx.expects(200);
      assert.equal(heard(), 0);
      assert.deepEqual(requestsAtPbx(all), []);
      await under.leavesNothing();
    });

    it("and rings reliably with another's Contact gets the PRACK where it is", async () => {
      const all = await scene(protocol);
      const { under, phone, pbx, datagrams, heard } = all;
      await phone.registers();
      const invite = await pbx.sends("INVITE", under.udp, {
        requestUri: under.contact("101"),
        ...withSdp([["Supported", "100rel"]], offer),
      });
      const rung = await phone.peer.expects("INVITE");
      const contact = ["Contact", `<${uriAt(datagrams)}>`] as const;
      const reliable = [contact, ["Require", "100rel"], ["RSeq", "7"]] as const;
      phone.peer.answers(rung, 183, withSdp(reliable, reply));
      const ringing = await pbx.expects(183);
      const caller = PeerDialog.ofCaller(pbx, under.udp, invite, ringing);
      const number = ringing.headers.get("RSeq") ?? "";
      await caller.sends("PRACK", undefined, [["RAck", `${number} ${invite.cseq.number} INVITE`]]);
      const prack = await phone.peer.expects("PRACK");
      assert.equal(prack.requestUri, uriAt(datagrams));
      phone.peer.answers(prack, 200);
      await pbx.expects(200);
      phone.peer.answers(rung, 486);
      await phone.peer.expects("ACK");
      await pbx.acknowledges(invite, await pbx.expects(486), under.udp);
      assert.equal(heard(), 0);
      await under.leavesNothing();
    });

    it("and calls out with another's Contact is spoken to where it is", async () => {
      const all = await scene(protocol);
      const { under, phone, datagrams, heard } = all;
      const pbx = under.pbx.calls;
      phone.contact = `<${uriAt(datagrams)}>`;
      const dialled = await phone.dials("102", offer, [
        ["Record-Route", `<sip:${datagrams.address}:${datagrams.port};lr>`],
      ]);
      const invite = await pbx.expects("INVITE");
      const answer = pbx.answers(invite, 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
      const success = await phone.peer.expects(200);
      await pbx.expects("ACK");
      await PeerDialog.ofCaller(phone.peer, under.at(protocol), dialled, success).acknowledges(dialled);
      const callee = PeerDialog.ofCallee(pbx, under.udp, invite, answer);
      await under.pass(100);
      await callee.sends("INFO");
      phone.peer.answers(await phone.peer.expects("INFO"), 200);
      await pbx.expects(200);
      await callee.sends("BYE");
      assert.equal((await phone.peer.expects("BYE")).requestUri, uriAt(datagrams));
      assert.equal(heard(), 0);
    });
  });
}

describe("a phone's flow", () => {
  it("that has closed leads nowhere else: the phone is gone at once, and its Contact is not called", async () => {
    const all = await scene("TCP");
    const { under, phone, pbx, streams, heard } = all;
    phone.contact = `<${uriAt(streams, ";transport=tcp")}>`;
    await phone.registers();
    await phone.peer.close();
    await under.passUntil(() => under.divert.phones.countOf("101") === 0);
    const invite = await calls(all);
    await pbx.acknowledges(invite, await pbx.expects(480), under.udp);
    assert.equal(heard(), 0);
    await under.leavesNothing();
  });

  it("of datagrams takes a large call too, at once", async () => {
    const all = await scene("UDP");
    const { under, phone, pbx } = all;
    await phone.registers();
    const body = `${offer}${"a=candidate:1\r\n".repeat(200)}`;
    const invite = await calls(all, body);
    const rung = await phone.peer.expects("INVITE");
    assert.equal(rung.body.toString(), body);
    phone.peer.answers(rung, 486);
    await phone.peer.expects("ACK");
    await pbx.acknowledges(invite, await pbx.expects(486), under.udp);
    await under.leavesNothing();
  });
});
