/** Do not disturb at a whole server: set over the API, it holds for the next call. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { place } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

describe("do not disturb", () => {
  let under: DivertUnderTest;
  let pbx: RawPeer;
  const call = async (line: string) => (await place(pbx, { requestUri: under.contact(line) })).statuses;

  before(async () => {
    under = await DivertUnderTest.start({ rules: { "102": { "always/all": "103" } } });
    pbx = await under.raw();
  });
  after(() => under.close());

  it("gives callers the group's answer, or sends them where its target says", async () => {
    assert.deepEqual(await call("101"), [480], "no phone is registered");
    await under.ask("PUT", "/lines/101/dnd", {});
    assert.deepEqual(await call("101"), [486]);
    await under.ask("PUT", "/lines/101/dnd", { target: "103" });
    assert.deepEqual(await call("101"), [302]);
    await under.ask("DELETE", "/lines/101/dnd");
    assert.deepEqual(await call("101"), [480]);

    const calls = await under.calls();
    const quiet = calls.find(({ status }) => status === 486);
    assert.match(quiet?.because.join(" ") ?? "", /does not want to be disturbed/);
    assert.equal(calls.find(({ status }) => status === 302)?.target, "103");
  });

  it("comes after the rules for always", async () => {
    await under.ask("PUT", "/lines/102/dnd", {});
    assert.deepEqual(await call("102"), [302]);
  });

  it("leaves nothing behind", () => under.leavesNothing());
});
