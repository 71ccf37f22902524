/** A stolen account forwards itself rich: what a line sends to outside has limits, and somebody hears of it (CHECKS C10). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place } from "../support/placed-call.ts";

const minuteMs = 60_000;

describe("a line that forwards much to outside", () => {
  it("stops doing so for the hour, with one alarm; extensions and other lines go on", async (t) => {
    const under = await DivertUnderTest.start({
      group: { limits: { perHour: 3, relayedAtOnce: 10 } },
      rules: {
        "101": { "always/external": "+4989777888", "always/internal": "103" },
        "102": { "always/all": "+4989777888" },
      },
    });
    t.after(() => under.close());
    const peer = await under.raw();
    const call = async (line: string, from?: string) =>
      (await place(peer, { requestUri: under.contact(line), ...(from !== undefined && { from }) })).final
        ?.status;
    const alarms = () => under.complaints.filter((complaint) => complaint.includes("fraud"));

    for (let nth = 1; nth <= 3; nth++) assert.equal(await call("101"), 302);
    assert.deepEqual(alarms(), []);
    assert.equal(await call("101"), 480);
    assert.equal(await call("101"), 480);
    assert.equal(alarms().length, 1);
    assert.equal(await call("101", "<sip:105@pbx.example>;tag=inside"), 302);
    assert.equal(await call("102"), 302);

    await under.pass(62 * minuteMs);
    assert.equal(await call("101"), 302);
    const { status, body } = await under.ask("GET", "/calls?limit=1000");
    assert.equal(status, 200);
    const refused = (body as { calls: { status: number; because: string[] }[] }).calls.filter(
      (each) => each.status === 480,
    );
    assert.match(refused[0]?.because.join(" ") ?? "", /its limit/);
  });
});

describe("a target that may not be called any more", () => {
  it("is shown with the reason, passed over, and not dropped", async (t) => {
    const under = await DivertUnderTest.start({ rules: { "101": { "always/all": "+431234567" } } });
    t.after(() => under.close());
    const rules = async () => {
      const { body } = await under.ask("GET", "/lines/101/forwardings");
      return (body as { forwardings: { target: string; problem?: string }[] }).forwardings;
    };
    assert.equal((await rules())[0]?.problem, undefined);
    const answers = { busy: 486, noPhone: 480, declined: 603, dnd: 486 };
    const { status } = await under.ask("POST", "/configuration", {
      groups: [{ id: "refusing", pbx: "hq", answers, targets: { abroad: false } }],
    });
    assert.equal(status, 200);
    const [rule] = await rules();
    assert.equal(rule?.target, "+431234567");
    assert.match(rule.problem ?? "", /abroad/);
    const peer = await under.raw();
    assert.equal((await place(peer, { requestUri: under.contact("101") })).final?.status, 480);
  });
});
