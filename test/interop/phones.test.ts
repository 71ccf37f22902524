/** Debian's baresip as the phone of a line: behind Divert, with the line at Kamailio. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Baresip } from "./baresip.ts";
import { Office } from "./office.ts";

interface LineAnswer {
  readonly calls: number;
  readonly phones: number;
  readonly registeredPhones: readonly { readonly transport: string }[];
}

for (const transport of ["udp", "tcp"] as const) {
  describe(`baresip, registered at Divert by ${transport}`, { timeout: 120_000 }, () => {
    let office: Office;
    let phone: Baresip;
    let colleague: Baresip;

    before(async () => {
      office = await Office.open({ lines: { "101": "refusing" }, linePhones: ["101"], phones: ["201"] });
      [phone, colleague] = await Promise.all([office.linePhone("101", transport), office.colleaguePhone()]);
    });
    after(async () => {
      await Promise.all([phone, colleague].map((each) => each.close()));
      await office.close();
    });

    beforeEach(() => {
      for (const each of [phone, colleague]) each.forget();
    });

    async function line(): Promise<LineAnswer> {
      return (await office.divert.ask("GET", "/api/lines/101")).body as LineAnswer;
    }

    async function idle(): Promise<void> {
      await office.divert.until(async () => (await line()).calls === 0);
    }

    test("is told by the API", async () => {
      const { phones, registeredPhones } = await line();
      assert.equal(phones, 1);
      assert.equal(registeredPhones[0]?.transport, transport.toUpperCase());
    });

    test("is called through the PBX, rings, answers, is heard, and is hung up on", async () => {
      colleague.tell("dial", `101@${office.pbx.address}`);
      await phone.happened("CALL_INCOMING");
      await colleague.happened("CALL_RINGING");
      phone.tell("accept");
      await Promise.all([phone, colleague].map((each) => each.happened("CALL_ESTABLISHED")));
      // The media goes between the two, past Divert.
      await Promise.all([phone, colleague].map((each) => each.happened("CALL_RTPESTAB")));
      assert.equal((await line()).calls, 1);
      colleague.tell("hangup");
      await phone.happened("CALL_CLOSED");
      await idle();
    });

    test("is called, answers, and hangs up itself", async () => {
      colleague.tell("dial", `101@${office.pbx.address}`);
      await phone.happened("CALL_INCOMING");
      phone.tell("accept");
      await colleague.happened("CALL_ESTABLISHED");
      await phone.happened("CALL_ESTABLISHED");
      phone.tell("hangup");
      await colleague.happened("CALL_CLOSED");
      await idle();
    });

    test("declines a call, and the caller hears so", async () => {
      colleague.tell("dial", `101@${office.pbx.address}`);
      await phone.happened("CALL_INCOMING");
      phone.tell("hangup");
      assert.match(await colleague.happened("CALL_CLOSED"), /486/);
      await idle();
    });

    test("stops ringing when the caller gives up", async () => {
      colleague.tell("dial", `101@${office.pbx.address}`);
      await phone.happened("CALL_INCOMING");
      await colleague.happened("CALL_RINGING");
      colleague.tell("hangup");
      await phone.happened("CALL_CLOSED");
      await idle();
    });

    test("calls out over the line", async () => {
      phone.tell("dial", `100@${office.divertAddress}`);
      await colleague.happened("CALL_INCOMING");
      colleague.tell("accept");
      await phone.happened("CALL_ESTABLISHED");
      await colleague.happened("CALL_ESTABLISHED");
      assert.equal((await line()).calls, 1);
      colleague.tell("hangup");
      await phone.happened("CALL_CLOSED");
      await idle();
    });

    test("is put on hold and taken off it again, and does so itself", async () => {
      colleague.tell("dial", `101@${office.pbx.address}`);
      await phone.happened("CALL_INCOMING");
      phone.tell("accept");
      await Promise.all([phone, colleague].map((each) => each.happened("CALL_ESTABLISHED")));
      for (const [holds, isHeld] of [
        [colleague, phone],
        [phone, colleague],
      ] as const) {
        for (const command of ["hold", "resume"]) {
          for (const each of [holds, isHeld]) each.forget();
          holds.tell(command);
          assert.equal(await isHeld.happened("CALL_REMOTE_SDP"), "offer", command);
          assert.equal(await holds.happened("CALL_REMOTE_SDP"), "answer", command);
        }
      }
      colleague.tell("hangup");
      await phone.happened("CALL_CLOSED");
      await idle();
    });

    test("rings beside another phone of the line, and stops when that one answers", async () => {
      const other = await office.linePhone("101", transport);
      try {
        colleague.tell("dial", `101@${office.pbx.address}`);
        await Promise.all([phone, other].map((each) => each.happened("CALL_INCOMING")));
        other.tell("accept");
        await other.happened("CALL_ESTABLISHED");
        await colleague.happened("CALL_ESTABLISHED");
        await phone.happened("CALL_CLOSED");
        colleague.tell("hangup");
        await other.happened("CALL_CLOSED");
        await idle();
      } finally {
        await other.close();
      }
    });

    test("is in a call, so the next caller is forwarded, and it is not disturbed", async () => {
      await office.divert.forward("101", "busy/all", "201");
      phone.tell("dial", `100@${office.divertAddress}`);
      await colleague.happened("CALL_INCOMING");
      colleague.tell("accept");
      await phone.happened("CALL_ESTABLISHED");
      const { answeredBy } = await office.callFromOutside("101");
      assert.equal(answeredBy, "201");
      assert.equal((await line()).calls, 1);
      phone.tell("hangup");
      await colleague.happened("CALL_CLOSED");
      await idle();
      await office.divert.removeForwarding("101", "busy/all");
    });

    test("nobody answers in time: the call goes where the rule says", async () => {
      const path = "/api/lines/101/forwardings/noAnswer/all";
      await office.divert.ask("PUT", path, { target: "201", seconds: 1 });
      const call = office.callFromOutside("101");
      await phone.happened("CALL_INCOMING");
      assert.equal((await call).answeredBy, "201");
      await phone.happened("CALL_CLOSED");
      await idle();
      await office.divert.removeForwarding("101", "noAnswer/all");
    });
  });
}
