/** Divert is stopped and started again while calls come (CHECKS D07). */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Baresip } from "./baresip.ts";
import { Office } from "./office.ts";

const calls = 100;

describe("a restart under load", { timeout: 60_000 }, () => {
  let office: Office;
  let phone: Baresip;
  let colleague: Baresip;

  before(async () => {
    const lines = { "101": "refusing", "102": "refusing" } as const;
    office = await Office.open({ lines, linePhones: ["102"], phones: ["201"], drainSeconds: 1 });
    await office.divert.forward("101", "always/all", "201");
    [phone, colleague] = await Promise.all([office.linePhone("102", "tcp"), office.colleaguePhone()]);
  });
  after(async () => {
    await Promise.all([phone, colleague].map((each) => each.close()));
    await office.close();
  });

  test("that is asked for ends the call that is up on both sides; the others are forwarded once, or the PBX says that the line is away", async () => {
    colleague.tell("dial", "102@pbx.example");
    await phone.happened("CALL_INCOMING");
    phone.tell("accept");
    await Promise.all([phone, colleague].map((each) => each.happened("CALL_ESTABLISHED")));
    const { statuses, forwarded } = await restartUnderLoad(async () => {
      assert.deepEqual(await office.divert.stop(), { code: 0, signal: null });
      await Promise.all([phone, colleague].map((each) => each.happened("CALL_CLOSED")));
    });
    // The lines were handed back; a call that came until then or after that has been forwarded.
    assert.deepEqual(
      statuses.filter((status) => status !== 200 && status !== 404),
      [],
    );
    assert.equal(statuses.filter((status) => status === 200).length, forwarded);
    await office.divert.until(() => office.areLinesRegistered());
  });

  test("after a crash forwards every call when its INVITE comes again, and once", async () => {
    const { statuses, forwarded } = await restartUnderLoad(async () => {
      await office.divert.kill();
    });
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.equal(forwarded, calls);
  });

  /** 20 calls a second. How each ended, and how many reached the target, none of them twice. */
  async function restartUnderLoad(stop: () => Promise<void>) {
    const before = (await office.callsAt("201")).length;
    const load = office.manyCallFromOutside(calls, "101", { aSecond: 20 });
    await office.divert.until(async () => (await office.callsAt("201")).length >= before + 20);
    await stop();
    await office.divert.restart();
    const statuses = await load;
    assert.equal(statuses.length, calls);
    const reached = (await office.callsAt("201")).slice(before);
    const callIds = reached.map((text) => /^Call-ID: *(\S+)/im.exec(text)?.[1]);
    assert.equal(new Set(callIds).size, callIds.length);
    return { statuses, forwarded: callIds.length };
  }
});
