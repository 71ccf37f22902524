/** sipp on both sides: callers outside, and a phone at Divert, with Kamailio between the callers and Divert. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Office } from "./office.ts";
import { hold, resume } from "./sipp-scenarios.ts";
import type { Sipp } from "./sipp.ts";

const calls = 50;

describe("many calls at once to a phone behind Divert", { timeout: 60_000 }, () => {
  let office: Office;
  let phone: Sipp | undefined;

  before(async () => {
    office = await Office.open({
      lines: { "101": "refusing" },
      linePhones: ["101"],
      callWaiting: ["101"],
      phones: [],
    });
    phone = await office.sippPhone("101", { reinvites: 2 });
  });
  after(async () => {
    await phone?.close();
    await office.close();
  });

  test(`${calls} are answered, held, resumed and ended`, async () => {
    const statuses = await office.manyCallFromOutside(calls, "101", { asks: [hold, resume] });
    assert.deepEqual(
      statuses,
      Array.from({ length: calls }, () => 200),
    );
    const received = async (method: string) => (await phone?.received(method)) ?? [];
    const callIds = async (method: string) =>
      new Set((await received(method)).map(({ text }) => /^Call-ID: *(\S+)/im.exec(text)?.[1]));
    const invites = await received("INVITE");
    for (const direction of ["sendonly", "sendrecv"]) {
      const asked = invites.filter(({ text }) => text.includes(`a=${direction}`));
      assert.equal(new Set(asked.map(({ text }) => /^Call-ID: *(\S+)/im.exec(text)?.[1])).size, calls);
    }
    assert.equal((await callIds("INVITE")).size, calls);
    assert.equal((await callIds("BYE")).size, calls);

    await office.divert.until(async () => {
      const { body } = await office.divert.ask("GET", "/api/lines/101");
      return (body as { calls: number }).calls === 0;
    });
    const { body } = await office.divert.ask("GET", "/api/calls?limit=1000");
    const logged = (body as { calls: { status: number; end: string }[] }).calls;
    assert.deepEqual(
      logged.map(({ status, end }) => `${status} ${end}`),
      Array.from({ length: calls }, () => "200 hungUpByCaller"),
    );
  });
});
