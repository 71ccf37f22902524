import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "./capture.ts";
import { Kamailio } from "./kamailio.ts";
import { loopbackAddress } from "./loopback-address.ts";
import { register } from "./sipp.ts";

test("a capture beside the PBX holds each message that came and went, in order", async () => {
  const pbx = { address: loopbackAddress(), port: 5060 };
  const phone = { address: loopbackAddress(), port: 5060 };
  const domain = "pbx.example";
  const kamailio = await Kamailio.start({
    ...pbx,
    domain,
    accounts: { "101": "pw" },
    mainNumber: "+49815136856",
  });
  const capture = await Capture.start(phone.address);
  try {
    const contact = `sip:101@${phone.address}`;
    await register({ username: "101", password: "pw", domain, contact, expiresInSeconds: 300 }, phone, pbx);
    const { messages } = await capture.finish();
    assert.deepEqual(
      messages.map(({ source, method, status }) => [
        source === pbx.address ? "PBX" : "phone",
        method,
        status,
      ]),
      [
        ["phone", "REGISTER", undefined],
        ["PBX", "REGISTER", 401],
        ["phone", "REGISTER", undefined],
        ["PBX", "REGISTER", 200],
      ],
    );
  } finally {
    await capture.close();
    await kamailio.close();
  }
});
