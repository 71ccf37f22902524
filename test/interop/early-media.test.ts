/** sipp on both sides, with ringing that is acknowledged (RFC 3262): a caller outside, Kamailio, Divert, and a line's phone. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Office } from "./office.ts";
import type { Sipp } from "./sipp.ts";

describe("early media from a phone behind Divert", { timeout: 60_000 }, () => {
  let office: Office;
  let phone: Sipp | undefined;

  before(async () => {
    office = await Office.open({ lines: { "101": "refusing" }, linePhones: ["101"], phones: [] });
    phone = await office.sippPhone("101", { ringsReliably: true });
  });
  after(async () => {
    await phone?.close();
    await office.close();
  });

  test("reach the caller, whose PRACK reaches the phone, and the call is answered and ended", async () => {
    const report = await office.callFromOutside("101", [], {
      headers: ["Supported: 100rel"],
      acknowledgesRinging: true,
    });
    assert.deepEqual(
      report.statuses.filter((status) => status > 100),
      [183, 200],
    );
    const [prack] = (await phone?.received("PRACK")) ?? [];
    assert.match(prack?.text ?? "", /^RAck: 4711 1 INVITE\r?$/m);
    assert.equal(((await phone?.received("BYE")) ?? []).length, 1);
  });
});
