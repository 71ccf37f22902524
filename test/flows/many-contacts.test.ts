/** However many contacts a phone registers, a call has few legs, and all of them go to the phone itself (CHECKS B15). */
import assert from "node:assert/strict";
import { it } from "node:test";
import { loopbackAddress } from "../interop/loopback-address.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { FlowPhone, withSdp } from "../support/flow-phone.ts";

it("of 50 contacts that point at each other ten are rung, by the phone's own flow", async (test) => {
  const under = await DivertUnderTest.start({ lines: { "101": "refusing" }, phones: true });
  test.after(() => under.close());
  const phone = await FlowPhone.open(under, "101", loopbackAddress());
  const other = await under.peer("UDP", loopbackAddress());
  const { address, port } = phone.peer;
  for (let batch = 0; batch < 5; batch++) {
    const contacts = Array.from({ length: 10 }, (_, index) => {
      const host = index % 2 === 0 ? `${address}:${port}` : `${other.address}:${other.port}`;
      return `<sip:${batch}-${index}@${host}>`;
    });
    phone.contact = contacts.join(", ");
    await phone.registers();
  }
  phone.contact = Array.from({ length: 11 }, (_, index) => `<sip:${index}@${address}:${port}>`).join(", ");
  await phone.registers([], 400);
  assert.equal(under.divert.phones.countOf("101"), 10);

  const pbx = await under.peer();
  const call = { requestUri: under.contact("101"), ...withSdp([], "v=0\r\n") };
  const invite = await pbx.sends("INVITE", under.udp, call);
  const legs: string[] = [];
  for (let leg = 0; leg < 10; leg++) {
    const rung = await phone.peer.expects("INVITE");
    legs.push(rung.requestUri);
    // RFC 3261 §16.3: it would come to an end even if it went in circles.
    assert.equal(rung.maxForwards, 69);
    phone.peer.answers(rung, 486);
    await phone.peer.expects("ACK");
  }
  assert.equal(new Set(legs).size, 10);
  await pbx.acknowledges(invite, await pbx.expects(486), under.udp);
  assert.equal(phone.peer.received.filter(({ cseq }) => cseq.method === "INVITE").length, 10);
  assert.equal(other.received.length, 0);
  await under.leavesNothing();
});
