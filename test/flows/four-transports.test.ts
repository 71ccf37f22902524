/** The same stories with a phone on each transport and the line's PBX on each of its own: what differs is how they are reached. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readContacts } from "../../src/sip/message/contact.ts";
import type { SipMessage, SipRequest } from "../../src/sip/message/message.ts";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, PeerDialog, withSdp } from "../support/flow-phone.ts";
import type { ScriptedPeer } from "../support/scripted-peer.ts";
import { TestCertificates } from "../support/test-certificates.ts";

const offer = "v=0\r\ns=offer\r\n";
const reply = "v=0\r\ns=reply\r\n";
const hold = "v=0\r\ns=hold\r\na=sendonly\r\n";
const held = "v=0\r\ns=held\r\na=recvonly\r\n";

const names = ["DNS:divert.example", "DNS:pbx.example"];
const certificate = new TestCertificates({ after }).make("both", "divert.example", ...names);

for (const pbxProtocol of ["UDP", "TCP", "TLS"] as const) {
  for (const protocol of ["UDP", "TCP", "TLS", "WS"] as const) {
    describe(`a phone by ${protocol}, its line at a PBX by ${pbxProtocol}`, () => {
      let under: DivertUnderTest;
      let pbx: ScriptedPeer;
      let phone: FlowPhone;
      let desk: ScriptedPeer;

      before(async () => {
        under = await DivertUnderTest.start({
          lines: { "101": "refusing", "102": "refusing" },
          rules: { "101": { "unreachable/all": "102" } },
          phones: true,
          webSocket: true,
          certificate,
          pbxProtocol,
        });
        pbx = under.pbx.calls;
        phone = await FlowPhone.register(under, "101", loopbackAddress(), protocol);
        desk = phone.peer;
      });
      after(() => under.close());

      function calls(): Promise<SipRequest> {
        return pbx.sends("INVITE", under.at(pbxProtocol), {
          requestUri: under.contact("101"),
          ...withSdp([], offer),
        });
      }

      /** The PBX has called the phone, which has answered. */
      async function talk(): Promise<{ caller: PeerDialog; callee: PeerDialog }> {
        const invite = await calls();
        const rung = await desk.expects("INVITE");
        assert.equal(rung.topVia?.protocol, protocol);
        assert.equal(transportOf(rung), protocol.toLowerCase());
        desk.answers(rung, 180, phone.answer());
        await pbx.expects(180);
        const answer = desk.answers(rung, 200, phone.answer(reply));
        const success = await pbx.expects(200);
        assert.equal(success.body.toString(), reply);
        assert.equal(transportOf(success), pbxProtocol.toLowerCase());
        const caller = PeerDialog.ofCaller(pbx, under.at(pbxProtocol), invite, success);
        await caller.acknowledges(invite);
        await desk.expects("ACK");
        return { caller, callee: PeerDialog.ofCallee(desk, under.at(protocol), rung, answer) };
      }

      async function hangUp(dialog: PeerDialog, other: ScriptedPeer): Promise<void> {
        await dialog.sends("BYE");
        other.answers(await other.expects("BYE"), 200);
        assert.equal((await dialog.peer.expects(200)).cseq.method, "BYE");
      }

      async function holds(dialog: PeerDialog, other: ScriptedPeer, contact: string): Promise<void> {
        const invite = await dialog.sends("INVITE", hold);
        const asked = await other.expects("INVITE");
        assert.equal(asked.body.toString(), hold);
        other.answers(asked, 200, withSdp([["Contact", contact]], held));
        assert.equal((await dialog.peer.expects(200)).body.toString(), held);
        await dialog.acknowledges(invite);
        await other.expects("ACK");
      }

      it("is called, holds, is held, and is hung up on", async () => {
        const { caller, callee } = await talk();
        await holds(callee, pbx, `<${pbx.uri}>`);
        await holds(caller, desk, phone.contact);
        await hangUp(caller, desk);
      });

      it("is called, and hangs up", async () => {
        const { callee } = await talk();
        await hangUp(callee, pbx);
      });

      it("stops ringing when the caller gives up", async () => {
        const invite = await calls();
        const rung = await desk.expects("INVITE");
        desk.answers(rung, 180, phone.answer());
        await pbx.expects(180);
        await pbx.cancels(invite, under.at(pbxProtocol));
        assert.equal((await pbx.expects(200)).cseq.method, "CANCEL");
        await pbx.acknowledges(invite, await pbx.expects(487), under.at(pbxProtocol));
        desk.answers(await desk.expects("CANCEL"), 200);
        desk.answers(rung, 487);
        await desk.expects("ACK");
      });

      it("calls out, talks, and is hung up on", async () => {
        const invite = await phone.dials("089777", offer);
        const asked = await pbx.expects("INVITE");
        assert.equal(asked.topVia?.protocol, pbxProtocol);
        pbx.answers(asked, 180, { headers: [["Contact", `<${pbx.uri}>`]] });
        await desk.expects(180);
        const answer = pbx.answers(asked, 200, withSdp([["Contact", `<${pbx.uri}>`]], reply));
        const success = await desk.expects(200);
        assert.equal(success.body.toString(), reply);
        await PeerDialog.ofCaller(desk, under.at(protocol), invite, success).acknowledges(invite);
        await pbx.expects("ACK");
        await hangUp(PeerDialog.ofCallee(pbx, under.at(pbxProtocol), asked, answer), desk);
      });

      it("calls out, and gives up", async () => {
        const invite = await phone.dials("089777", offer);
        const asked = await pbx.expects("INVITE");
        pbx.answers(asked, 180, { headers: [["Contact", `<${pbx.uri}>`]] });
        await desk.expects(180);
        await desk.cancels(invite, under.at(protocol));
        assert.equal((await desk.expects(200)).cseq.method, "CANCEL");
        pbx.answers(await pbx.expects("CANCEL"), 200);
        pbx.answers(asked, 487);
        await pbx.expects("ACK");
        await desk.acknowledges(invite, await desk.expects(487), under.at(protocol));
      });

      if (protocol !== "UDP") {
        it("is lost with its connection while it rings: the rule for unreachable lines holds; and is back with the next", async () => {
          const invite = await calls();
          desk.answers(await desk.expects("INVITE"), 180, phone.answer());
          await pbx.expects(180);
          desk.disconnect();
          await pbx.acknowledges(invite, await pbx.expects(302), under.at(pbxProtocol));
          await phone.registers();
          const { caller } = await talk();
          await hangUp(caller, desk);
        });
      }

      if (protocol !== "UDP") {
        it("loses its connection in a call, and has the call when it has registered by another", async () => {
          const { caller, callee } = await talk();
          desk.disconnect();
          await phone.registers();
          await holds(caller, desk, phone.contact);
          await hangUp(callee, pbx);
        });
      }

      if (pbxProtocol !== "UDP") {
        it("stops ringing when the PBX's connection closes", async () => {
          await calls();
          const rung = await desk.expects("INVITE");
          desk.answers(rung, 180, phone.answer());
          await pbx.expects(180);
          pbx.disconnect();
          desk.answers(await desk.expects("CANCEL"), 200);
          desk.answers(rung, 487);
          await desk.expects("ACK");
        });

        it("talks on when the PBX's connection closes, and is hung up on by the next", async () => {
          const { caller, callee } = await talk();
          pbx.disconnect();
          await holds(callee, pbx, `<${pbx.uri}>`);
          await hangUp(caller, desk);
        });
      }

      it("leaves nothing", () => under.leavesNothing());
    });
  }
}

/** How its sender wants to be reached. */
function transportOf(message: SipMessage): string {
  const [contact] = readContacts(message) ?? [];
  assert.ok(typeof contact === "object");
  return /;transport=(\w+)/.exec(contact.uri)?.[1] ?? "udp";
}
