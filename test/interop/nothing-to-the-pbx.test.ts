import assert from "node:assert/strict";
import { test } from "node:test";
import { callers, whens } from "../../src/forwarding/rules.ts";
import { Capture } from "./capture.ts";
import { Office } from "./office.ts";

test("nothing about a forwarding goes to the PBX before a call comes", async () => {
  const office = await Office.open({
    lines: { "101": "refusing", "102": "refusing" },
    phones: [],
    expires: 5,
  });
  const { divert } = office;
  const capture = await Capture.start(office.pbx.address);
  try {
    for (const target of ["+4989700001", "+4989700002"]) {
      for (const when of whens) {
        for (const whose of callers) await divert.forward("101", `${when}/${whose}`, target);
      }
    }
    const switchedOff = { target: "+4989700003", enabled: false };
    assert.equal(
      (await divert.ask("PUT", "/api/groups/refusing/forwardings/always/all", switchedOff)).status,
      201,
    );
    for (const when of whens) {
      for (const whose of callers) await divert.removeForwarding("101", `${when}/${whose}`);
    }
    await divert.forward("102", "always/all", "+4989700004");
    // A registration that Divert refreshes after all that would be the place to say something.
    await office.refreshed("102");
    assert.equal((await office.callFromOutside("102")).answeredBy, "trunk");

    const { messages, bytes } = await capture.finish();
    const call = messages.findIndex(({ method }) => method === "INVITE");
    const ofDivert = messages.slice(0, call).filter(({ source }) => source === office.divertAddress);
    assert.deepEqual([...new Set(ofDivert.map(({ method }) => method))], ["REGISTER"]);
    for (const number of ["89700001", "89700002", "89700003"])
      assert.equal(bytes.indexOf(number), -1, number);
    // What is looked for is found where it is: in the 302 and in what the PBX makes of it.
    assert.ok(bytes.includes("89700004"));
  } finally {
    await capture.close();
    await office.close();
  }
});
