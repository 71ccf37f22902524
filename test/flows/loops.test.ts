/** CHECKS B13 and B14: calls that go in circles, by a PBX that follows each 302 and tells as much of it as it likes. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { HeaderField } from "../../src/sip/message/build.ts";
import type { SipResponse } from "../../src/sip/message/message.ts";
import { parseNameAddr } from "../../src/sip/message/name-addr.ts";
import { parseSipUri } from "../../src/sip/message/uri.ts";
import { DivertUnderTest } from "../support/divert-under-test.ts";
import { ask, place, requestOf } from "../support/placed-call.ts";
import type { RawPeer } from "../support/raw-peer.ts";

interface Habits {
  /** The leg that follows a 302 has the Call-ID and From tag of the one before, as Kamailio's; else new ones, as a B2BUA's. */
  readonly keepsCallId: boolean;
  /** What the 302 tells of the diversion is passed on. */
  readonly keepsHistory: "Diversion" | "History-Info" | "nothing";
}

/** No call may take more legs than this; a loop would turn for ever. */
const tooManyLegs = 100;

interface Journey {
  /** Lines that the call came to, in order. */
  readonly lines: readonly string[];
  /** How it ended: a status, or the user part of a target that is none of our lines. */
  readonly end: string;
}

/** A PBX that calls a line and follows every 302 that it gets. */
async function follow(
  under: DivertUnderTest,
  peer: RawPeer,
  first: string,
  habits: Habits,
  caller = "+4989123456",
): Promise<Journey> {
  const lines: string[] = [];
  let line = first;
  let told: readonly HeaderField[] = [["Supported", "histinfo"]];
  let callId: string = randomUUID();
  let tag: string = randomUUID();
  while (lines.length < tooManyLegs) {
    lines.push(line);
    const from = `<sip:${caller}@pbx.example>;tag=${tag}`;
    const { final } = await place(peer, { requestUri: under.contact(line), callId, from, headers: told });
    if (final?.status !== 302) return { lines, end: String(final?.status) };
    line = targetOf(final);
    if (!under.pbx.contacts.has(line)) return { lines, end: line };
    if (habits.keepsHistory !== "nothing") {
      told = final.headers.all(habits.keepsHistory).map((value) => [habits.keepsHistory, value]);
    }
    if (!habits.keepsCallId) [callId, tag] = [randomUUID(), randomUUID()];
  }
  return { lines, end: "never" };
}

function targetOf(response: SipResponse): string {
  const contact = parseNameAddr(response.headers.get("Contact") ?? "");
  return parseSipUri(contact?.uri ?? "")?.user ?? "";
}

const circles: Record<string, { rules: Record<string, string>; lines: number }> = {
  "A to B to A": { rules: { "101": "102", "102": "101" }, lines: 2 },
  "A to B to C to A": { rules: { "101": "102", "102": "103", "103": "101" }, lines: 3 },
  "into a circle that does not hold A": { rules: { "101": "102", "102": "103", "103": "102" }, lines: 3 },
};

for (const [name, { rules, lines }] of Object.entries(circles)) {
  describe(`a circle: ${name}`, () => {
    let under: DivertUnderTest;
    let peer: RawPeer;
    before(async () => {
      under = await DivertUnderTest.start({
        rules: Object.fromEntries(
          Object.entries(rules).map(([line, target]) => [line, { "always/all": target }]),
        ),
      });
      peer = await under.raw();
    });
    after(() => under.close());

    for (const keepsHistory of ["Diversion", "History-Info"] as const) {
      it(`ends at the first line that it comes back to, where the PBX keeps ${keepsHistory}`, async () => {
        const journey = await follow(under, peer, "101", { keepsCallId: false, keepsHistory });
        assert.equal(journey.end, "480");
        assert.equal(journey.lines.length, lines + 1);
        await under.pass(33_000);
      });
    }

    it("ends there as well where the PBX drops what it was told and keeps the Call-ID", async () => {
      const journey = await follow(under, peer, "101", { keepsCallId: true, keepsHistory: "nothing" });
      assert.equal(journey.end, "480");
      assert.equal(journey.lines.length, lines + 1);
      await under.pass(33_000);
    });

    it("turns ten times at the most where the PBX tells nothing and makes a new call of each leg", async () => {
      const journey = await follow(under, peer, "101", { keepsCallId: false, keepsHistory: "nothing" });
      assert.equal(journey.end, "480");
      for (const line of new Set(journey.lines)) {
        // Ten that are sent on and the one that is not.
        assert.ok(journey.lines.filter((at) => at === line).length <= 11, journey.lines.join(" "));
      }
      await under.pass(33_000);
    });

    it("leaves nothing", () => under.leavesNothing());
  });
}

describe("what is no loop", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start({
      rules: {
        "101": { "always/all": "102" },
        "102": { "always/all": "103" },
        "103": { "always/all": "+4989777888" },
      },
    });
    peer = await under.raw();
  });
  after(() => under.close());

  for (const keepsCallId of [true, false]) {
    for (const keepsHistory of ["Diversion", "History-Info", "nothing"] as const) {
      it(`a spiral over three lines gets to its end (${keepsCallId ? "same" : "new"} Call-ID, ${keepsHistory} kept)`, async () => {
        const journey = await follow(under, peer, "101", { keepsCallId, keepsHistory });
        assert.deepEqual(journey, { lines: ["101", "102", "103"], end: "+4989777888" });
        await under.pass(33_000);
      });
    }
  }

  it("the target of a rule reaches the one whose calls it gets", async () => {
    const from = "<sip:102@pbx.example>;tag=secretary";
    const { final } = await place(peer, { requestUri: under.contact("101"), from });
    assert.equal(final?.status, 480);
  });

  it("a line cannot be forwarded to itself", async () => {
    const { status, body } = await under.ask("PUT", "/lines/101/forwardings/busy/all", { target: "101" });
    assert.equal(status, 422);
    assert.equal((body as { code: string }).code, "target-is-self");
  });
});

describe("Max-Forwards", () => {
  let under: DivertUnderTest;
  let peer: RawPeer;
  before(async () => {
    under = await DivertUnderTest.start({ rules: { "101": { "always/all": "102" } } });
    peer = await under.raw();
  });
  after(() => under.close());

  const stories = [
    { value: "0", forwarded: 483, refused: 480, options: 200 },
    { value: "1", forwarded: 302, refused: 480, options: 200 },
    { value: "255", forwarded: 302, refused: 480, options: 200 },
    { value: undefined, forwarded: 302, refused: 480, options: 200 },
    // RFC 3261 §20.22: 0 to 255.
    { value: "256", forwarded: 400, refused: 400, options: 400 },
    { value: "-1", forwarded: 400, refused: 400, options: 400 },
  ];
  for (const { value, forwarded, refused, options } of stories) {
    it(`${value ?? "missing"}: a call to be forwarded ${forwarded}, one that is not ${refused}, OPTIONS ${options}`, async () => {
      const statuses = [];
      for (const [method, line] of [
        ["INVITE", "101"],
        ["INVITE", "102"],
        ["OPTIONS", "101"],
      ] as const) {
        const request = requestOf(peer, { method, requestUri: under.contact(line) });
        if (value === undefined) request.headers.remove("Max-Forwards");
        else request.headers.set("Max-Forwards", value);
        const [answer] = await ask(peer, request);
        statuses.push(answer?.status);
      }
      assert.deepEqual(statuses, [forwarded, refused, options]);
    });
  }
});
