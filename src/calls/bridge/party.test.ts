import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRequest } from "../../sip/user-agent.ts";
import { sdp } from "../../../test/support/transfer-scene.ts";
import { mediaAddresses, Party } from "./party.ts";

function saying(text: string, headers: readonly (readonly [string, string])[] = []) {
  const said = [...headers, ...(text === "" ? [] : [["Content-Type", "application/sdp"] as const])];
  return createRequest({
    method: "INVITE",
    requestUri: "sip:101@pbx.example",
    from: "<sip:102@pbx.example>;tag=a",
    to: "<sip:101@pbx.example>",
    callId: "call",
    cseq: 1,
    headers: said,
    body: Buffer.from(text),
  });
}

function mediaOf(party: Party): string | undefined {
  return party.media?.body?.toString();
}

describe("an end of a call", () => {
  it("may be asked what its Allow names, and anything while it names nothing", () => {
    assert.equal(new Party(saying("")).mayTake("REFER"), true);
    const party = new Party(saying("", [["Allow", "invite, ACK"]]));
    assert.deepEqual([party.mayTake("INVITE"), party.mayTake("REFER")], [true, false]);
  });

  it("is known by what it said last when it was not on hold", () => {
    const party = new Party(saying(""));
    assert.equal(mediaOf(party), undefined);
    for (const onHold of ["a=sendonly", "a=recvonly", "a=inactive"])
      party.hears(saying(sdp("x", 1, 1, onHold)));
    assert.equal(mediaOf(party), sdp("x", 1, 1, "a=sendonly"));
    party.hears(saying(sdp("x", 2)));
    party.hears(saying(sdp("x", 3, 4000, "a=inactive")));
    party.hears(saying(sdp("x", 3).replace("192.0.2.1\r\nt", "0.0.0.0\r\nt")));
    party.hears(saying(""));
    assert.equal(mediaOf(party), sdp("x", 2));
  });

  it("is told by one origin and versions that count up, whoever speaks (RFC 3264 §8)", () => {
    const speakers = fc.array(
      fc.tuple(fc.constantFrom("one", "two", "three"), fc.bigInt({ min: 0n, max: 9n })),
    );
    fc.assert(
      fc.property(speakers, (spoken) => {
        const first = sdp("one", 5);
        const party = new Party(saying(""), saying(first));
        let before: { version: bigint; text: string } = { version: 5n, text: first };
        let isRenumbered = false;
        for (const [name, version] of spoken) {
          const text = sdp(name, Number(version), 4000 + Number(version));
          const told = party.told(saying(text)).body?.toString() ?? "";
          isRenumbered ||= name !== "one";
          if (!isRenumbered) {
            assert.equal(told, text);
            before = { version, text };
            continue;
          }
          const said = /^o=one 17 (\d+) IN IP4 192\.0\.2\.1$/m.exec(told)?.[1] ?? "";
          const isSame = text === before.text;
          assert.equal(BigInt(said), isSame ? before.version : before.version + 1n);
          // Nothing but the origin has changed.
          assert.equal(told.replace(/^o=.*$/m, ""), text.replace(/^o=.*$/m, ""));
          before = { version: BigInt(said), text };
        }
      }),
    );
  });

  it("is told what is no description as it came", () => {
    const party = new Party(saying(""), saying(sdp("one")));
    assert.deepEqual(party.told(saying("")), {});
    assert.equal(party.told(saying("Signal=5")).body?.toString(), "Signal=5");
  });

  it("has its media where c= and m= say", () => {
    assert.equal(mediaAddresses(Buffer.from(sdp("x", 1))), mediaAddresses(Buffer.from(sdp("y", 9))));
    assert.notEqual(mediaAddresses(Buffer.from(sdp("x", 1))), mediaAddresses(Buffer.from(sdp("x", 1, 4001))));
    assert.equal(mediaAddresses(undefined), "");
  });
});
